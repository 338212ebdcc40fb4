import type { Role } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { STAMP } from '../workspaces/workspaces.queries.ts';
import type { AccessClaims, Authentication } from './claims.ts';

const AUTHENTICATION = `
  select u.role::text as "role", w.id as "workspaceId", ${STAMP} as "stamp"
  from taskapp.sessions s
  join taskapp.users u on u.id = s.user_id
  join taskapp.workspaces w on w.owner_id = u.id and w.personal
  where s.id = ? and s.user_id = ? and s.revoked_at is null and s.idle_expires_at > now()
    and s.absolute_expires_at > now() and u.disabled_at is null`;

/** Reads in one query who a token's bearer is now; `undefined` for an ended session or a locked account. */
export async function findAuthentication(db: Db, claims: AccessClaims): Promise<Authentication | undefined> {
  const { rows } = await db.raw(AUTHENTICATION, [claims.sessionId, claims.userId]);
  const row = rows[0] as { role: Role; workspaceId: string; stamp: string } | undefined;
  return (
    row && {
      actor: { kind: 'user', userId: claims.userId, role: row.role, sessionId: claims.sessionId },
      workspace: { id: row.workspaceId, stamp: row.stamp },
    }
  );
}
