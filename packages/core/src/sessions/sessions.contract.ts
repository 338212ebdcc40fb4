import * as z from 'zod';
import { session } from '../auth/auth.contract.ts';
import { defineContract } from '../kernel/contract.ts';
import { id as anyId } from '../kernel/fields.ts';
import { userErrors } from '../users/users.errors.ts';

const id = anyId.describe('User id');
const revoked = z.object({ revoked: z.int().describe('How many sessions ended') });

export const sessionsContract = defineContract({
  list: {
    summary: 'List the live sessions of an account',
    access: 'admin',
    http: 'GET /users/:id/sessions',
    input: z.strictObject({ id }),
    output: z.object({ sessions: z.array(session) }),
    errors: [userErrors.notFound],
  },
  revoke: {
    summary: 'End all sessions of an account',
    description: 'At once: the next request with one of their tokens is refused. The account stays as it is.',
    access: 'admin',
    http: 'DELETE /users/:id/sessions',
    input: z.strictObject({ id }),
    output: revoked,
    errors: [userErrors.notFound],
  },
  revokeAll: {
    summary: 'End the sessions of everybody',
    description: 'Right after a break-in, or after a restore. Also ends the session of this call.',
    access: 'admin',
    http: 'DELETE /sessions',
    input: z.strictObject({}),
    output: revoked,
  },
});
