import type { Knex } from 'knex';
import { raw } from 'objection';
import type { Role } from '../kernel/contract.ts';
import { lockRowsOf } from '../kernel/database.ts';
import type { Settings } from '../options.ts';
import type { AccessClaims } from './claims.ts';
import { Session } from './session.model.ts';

/** A session as a refresh finds it, its row locked, judged by the clock of the database. */
export interface LockedSession extends Session {
  readonly role: Role;
  readonly usable: boolean;
  readonly inGrace: boolean;
}

/** Waits for other refreshes of the session; `undefined` when it is gone. */
export async function lockSession(
  db: Knex.Transaction,
  { sessionId, userId }: AccessClaims,
  { refreshGraceSeconds }: Settings['tokens'],
): Promise<LockedSession | undefined> {
  const query = Session.query(db)
    .alias('s')
    .joinRaw('join taskapp.users u on u.id = s.user_id')
    .where('s.id', sessionId)
    .where('s.user_id', userId)
    .select(
      's.*',
      'u.role',
      raw(`s.revoked_at is null and u.disabled_at is null and s.idle_expires_at > clock_timestamp()
        and s.absolute_expires_at > clock_timestamp()`).as('usable'),
      raw("s.rotated_at > clock_timestamp() - ? * interval '1 second'", [refreshGraceSeconds]).as('inGrace'),
    )
    .first();
  return (await lockRowsOf(query, 's')) as LockedSession | undefined;
}

/** True for the predecessor that a change of the password took back: of no use to a thief, and no sign of one. */
export const isTakenBack = ({ generation, honoursPredecessor }: Session, token: { readonly generation: number }) =>
  generation - token.generation === 1 && !honoursPredecessor;

/** Moves a locked session on to its next refresh token. */
export async function rotateSession(
  db: Knex.Transaction,
  sessionId: string,
  { refreshTtlSeconds, honoursPredecessor = true }: Settings['tokens'] & { honoursPredecessor?: boolean },
): Promise<Session> {
  return Session.query(db)
    .findById(sessionId)
    .patch({
      generation: raw('generation + 1') as never,
      honoursPredecessor,
      lastUsedAt: raw('clock_timestamp()') as never,
      rotatedAt: raw('clock_timestamp()') as never,
      idleExpiresAt: raw("least(absolute_expires_at, clock_timestamp() + ? * interval '1 second')", [
        refreshTtlSeconds,
      ]) as never,
    })
    .returning('*')
    .first() as unknown as Promise<Session>;
}
