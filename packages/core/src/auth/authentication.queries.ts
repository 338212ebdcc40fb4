import { forBatches } from '../kernel/batches.ts';
import type { Role } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { runStatement } from '../kernel/statement.ts';
import { STAMP } from '../workspaces/workspaces.queries.ts';
import type { AccessClaims, Authentication } from './claims.ts';

const authenticate = forBatches(
  ['uuid', 'uuid'],
  (rows) => `
  select c.number, u.role::text as "role", w.id as "workspaceId", ${STAMP} as "stamp"
  from ${rows} c (session_id, user_id, number)
  join taskapp.sessions s on s.id = c.session_id and s.user_id = c.user_id
  join taskapp.users u on u.id = s.user_id
  join taskapp.workspaces w on w.owner_id = u.id and w.personal
  where s.revoked_at is null and s.idle_expires_at > now() and s.absolute_expires_at > now() and u.disabled_at is null`,
);

interface Row {
  /** The position of the claims, from 1. */
  readonly number: number;
  readonly role: Role;
  readonly workspaceId: string;
  readonly stamp: string;
}

/**
 * Reads in one query who the bearers of several tokens are now, in the order of their claims; `undefined` for an ended
 * session or a locked account.
 */
export async function findAuthentications(
  db: Db,
  claims: readonly AccessClaims[],
): Promise<(Authentication | undefined)[]> {
  const keys = claims.map(({ sessionId, userId }) => [sessionId, userId]);
  const { rows } = await runStatement<Row>(db, authenticate(keys));
  const found: (Authentication | undefined)[] = claims.map(() => undefined);
  for (const { number, role, workspaceId, stamp } of rows) {
    const { userId, sessionId } = claims[number - 1] as AccessClaims;
    found[number - 1] = { actor: { kind: 'user', userId, role, sessionId }, workspace: { id: workspaceId, stamp } };
  }
  return found;
}
