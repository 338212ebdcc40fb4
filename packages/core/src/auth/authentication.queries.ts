import { forBatches } from '../kernel/batches.ts';
import type { Role } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { STAMP } from '../workspaces/workspaces.queries.ts';
import type { AccessClaims, Authentication } from './claims.ts';

interface Row {
  readonly role: Role;
  readonly workspaceId: string;
  readonly stamp: string;
}

const authenticate = forBatches<Row>(
  ['uuid', 'uuid'],
  (rows) => `
  select c.number, u.role::text as "role", w.id as "workspaceId", ${STAMP} as "stamp"
  from ${rows} c (session_id, user_id, number)
  join taskapp.sessions s on s.id = c.session_id and s.user_id = c.user_id
  join taskapp.users u on u.id = s.user_id
  join taskapp.workspaces w on w.owner_id = u.id and w.personal
  where s.revoked_at is null and s.idle_expires_at > now() and s.absolute_expires_at > now() and u.disabled_at is null`,
);

/**
 * Reads in one query who the bearers of several tokens are now, in the order of their claims; `undefined` for an ended
 * session or a locked account.
 */
export async function findAuthentications(
  db: Db,
  claims: readonly AccessClaims[],
): Promise<(Authentication | undefined)[]> {
  const rows = await authenticate(
    db,
    claims.map(({ sessionId, userId }) => [sessionId, userId]),
  );
  return claims.map(({ userId, sessionId }, at) => {
    const row = rows[at];
    if (!row) return undefined;
    const { role, workspaceId, stamp } = row;
    return { actor: { kind: 'user', userId, role, sessionId }, workspace: { id: workspaceId, stamp } };
  });
}
