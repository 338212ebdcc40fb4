import { isIP } from 'node:net';
import * as z from 'zod';
import { type FieldProblem, fail, kernelErrors } from './errors.ts';
import { FORBIDDEN_CHARACTERS, isStorable } from './fields.ts';

const MAX_ADDRESS = 64;
const MAX_TEXT = 255;

const storable = z.string('Must be a string').refine(isStorable, FORBIDDEN_CHARACTERS);
const short = storable.max(MAX_TEXT, `Must be at most ${MAX_TEXT} characters`);
const uuid = z.guid('Must be a UUID');

/** The user agent may be long: it is cut where it is kept. Idempotency keys have a rule of their own. */
const context = z.object({
  actor: z
    .discriminatedUnion(
      'kind',
      [
        z.object({
          kind: z.literal('user'),
          userId: uuid,
          role: z.enum(['USER', 'ADMIN'], 'Must be USER or ADMIN'),
          sessionId: uuid.optional(),
        }),
        z.object({ kind: z.literal('system'), reason: short.min(1, 'Required') }),
      ],
      'Must be a user or the system',
    )
    .nullish(),
  requestId: short.optional(),
  ip: z
    .string('Must be a string')
    .refine((ip) => isIP(ip) !== 0 && ip.length <= MAX_ADDRESS, 'Must be an IP address; leave it out if there is none')
    .optional(),
  userAgent: storable.optional(),
  ifMatch: z.array(z.number()).optional(),
  workspace: z.object({ id: uuid, stamp: storable }).optional(),
});

/**
 * Refuses facts about a call that PostgreSQL would, so that a host's mistake is named and no error of the database.
 * @throws input.invalid with the path of each wrong fact, `ctx.ip`
 */
export function checkContext(given: unknown): void {
  const parsed = context.safeParse(given);
  if (parsed.success) return;
  const problems: FieldProblem[] = parsed.error.issues.map(({ path, message }) => ({
    path: ['ctx', ...path].join('.'),
    message,
  }));
  fail(kernelErrors.invalid, { problems });
}
