import * as z from 'zod';
import { defineContract } from '../kernel/contract.ts';
import { id, limit } from '../kernel/fields.ts';

const event = z
  .object({
    id: z.uuid(),
    type: z
      .string()
      .meta({ examples: ['task.updated'] })
      .describe('What happened: `task.updated`, `session.revoked`'),
    entityType: z.string().meta({ examples: ['task'] }),
    entityId: z.uuid().nullable().describe('What it happened to; null for a sign-in to an unknown account'),
    workspaceId: z.uuid().nullable().describe('null for what concerns an account'),
    seq: z.int().nullable().describe('Version that the change gave the workspace'),
    actor: z.object({
      kind: z.enum(['user', 'system', 'anonymous']),
      userId: z.uuid().nullable(),
      reason: z.string().nullable(),
    }),
    requestId: z
      .string()
      .meta({ examples: ['0198c7a2-6f3e-7c41-9b1d-5f1c2a7e4d90'] })
      .nullable(),
    ip: z
      .string()
      .meta({ examples: ['203.0.113.7'] })
      .nullable(),
    changes: z
      .record(z.string(), z.unknown())
      .meta({ examples: [{ title: { from: 'Buy milk', to: 'Buy oat milk' } }] })
      .describe('Changed fields with their values: `{"title":{"from":…,"to":…}}`'),
    createdAt: z.date(),
  })
  .meta({ id: 'Event' });

export const eventsContract = defineContract({
  list: {
    summary: 'List what happened, newest first',
    description: 'The log is append-only: every change of tasks, tags and accounts, sign-ins and ended sessions.',
    access: 'admin',
    http: 'GET /events',
    input: z.strictObject({
      limit,
      cursor: z.string().max(512).optional().describe('`pagination.nextCursor` of the page before'),
      type: z
        .string()
        .regex(/^[a-z_]+\.[a-z_]+$/, 'Must be a type like task.updated')
        .max(64)
        .optional()
        .describe('Only events of this type'),
      entityId: id.optional().describe('Only events of this task, tag, user or session'),
      workspaceId: id.optional().describe('Only events of this workspace'),
    }),
    output: z.object({
      events: z.array(event),
      pagination: z.object({
        limit: z.int().meta({ examples: [20] }),
        nextCursor: z
          .string()
          .nullable()
          .describe('Send it as `cursor` for the page that follows; null: the last page'),
      }),
    }),
  },
});
