import * as z from 'zod';
import { defineContract } from '../kernel/contract.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { PRIORITIES, STATUSES, workspaceId } from './tasks.contract.ts';

/** By name only: offsets mean something else to PostgreSQL than to everybody else. */
const ZONE = /^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/;

function isZone(name: string): boolean {
  try {
    return ZONE.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const counts = <const N extends string>(names: readonly N[]) =>
  z.object(Object.fromEntries(names.map((name) => [name, z.int()])) as Record<N, z.ZodInt>);

export const taskStatsContract = defineContract({
  stats: {
    summary: 'Count tasks',
    description: 'By status and priority, what is late or due soon, and how many were done on each of the last days.',
    access: 'user',
    http: 'GET /tasks/stats',
    input: z.strictObject({
      days: z.int().min(1).max(90).default(14).describe('How many days to count back, today included, 1 to 90'),
      timeZone: z
        .string()
        .max(64)
        .refine(isZone, 'Must be the name of a time zone, like Europe/Berlin')
        .default('UTC')
        .describe('Where days begin and end'),
      workspaceId,
    }),
    output: z.object({
      total: z.int(),
      open: z.int().describe('Neither DONE nor CANCELLED'),
      byStatus: counts(STATUSES),
      byPriority: counts(PRIORITIES).describe('Of the open ones'),
      overdue: z.int().describe('Open ones whose time is over'),
      dueToday: z.int().describe('Open ones due from now to the end of the day'),
      dueThisWeek: z.int().describe('Open ones due from now to the end of Sunday'),
      timeZone: z.string(),
      completed: z
        .array(z.object({ date: z.string().describe('2027-01-31'), count: z.int() }))
        .describe('Done tasks by the day they were done on, oldest day first, days without any included'),
    }),
    errors: [workspaceErrors.forbidden],
  },
});

export type StatsInput = z.output<typeof taskStatsContract.stats.input>;
