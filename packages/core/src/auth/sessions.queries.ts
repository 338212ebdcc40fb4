import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuid } from 'uuid';
import { recordEvent } from '../events/events.queries.ts';
import type { CallContext, Role } from '../kernel/contract.ts';
import { type Db, lockRowsOf } from '../kernel/database.ts';
import type { Settings } from '../options.ts';
import type { AccessClaims } from './access-control.ts';
import { Session } from './session.model.ts';

type Caller = Partial<CallContext>;

const MAX_SESSIONS = 20;
const MAX_USER_AGENT = 256;

const inSeconds = (seconds: number) => raw("clock_timestamp() + ? * interval '1 second'", [seconds]);

/** Starts a session; beyond 20 live ones the least recently used ends. */
export async function openSession(
  db: Knex.Transaction,
  caller: Caller,
  { userId, lifetimes }: { userId: string; lifetimes: Settings['tokens'] },
): Promise<Session> {
  const session = await Session.query(db)
    .insert({
      id: uuid(),
      userId,
      ip: caller.ip ?? null,
      userAgent: caller.userAgent?.slice(0, MAX_USER_AGENT) ?? null,
      idleExpiresAt: inSeconds(lifetimes.refreshTtlSeconds) as never,
      absoluteExpiresAt: inSeconds(lifetimes.sessionTtlSeconds) as never,
    })
    .returning('*');
  await recordEvent(db, caller, { type: 'session.opened', entityId: session.id });
  const surplus = liveSessions(db, userId).select('id').orderBy('last_used_at', 'desc').offset(MAX_SESSIONS);
  await revokeSessions(db, caller, { reason: 'surplus', only: (query) => query.whereIn('id', surplus) });
  return session;
}

/** Sessions of a user that still work. */
export const liveSessions = (db: Db, userId: string) =>
  Session.query(db)
    .where('user_id', userId)
    .whereNull('revoked_at')
    .whereRaw('idle_expires_at > now() and absolute_expires_at > now()');

type SessionQuery = ReturnType<typeof liveSessions>;

/** Ends the sessions that `only` leaves, each with an event; resolves with their ids. */
export async function revokeSessions(
  db: Knex.Transaction,
  caller: Caller,
  { reason, only }: { reason: string; only: (query: SessionQuery) => unknown },
): Promise<string[]> {
  const query = Session.query(db).whereNull('revoked_at');
  only(query as unknown as SessionQuery);
  const revoked = await query.patch({ revokedAt: raw('now()') as never, revokeReason: reason }).returning('id');
  const ids = (revoked as unknown as Session[]).map(({ id }) => id);
  for (const entityId of ids) {
    await recordEvent(db, caller, { type: 'session.revoked', entityId, changes: { reason: { to: reason } } });
  }
  return ids;
}

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

/** Moves a locked session on to its next refresh token. */
export async function rotateSession(
  db: Knex.Transaction,
  sessionId: string,
  { refreshTtlSeconds }: Settings['tokens'],
): Promise<Session> {
  return Session.query(db)
    .findById(sessionId)
    .patch({
      generation: raw('generation + 1') as never,
      lastUsedAt: raw('clock_timestamp()') as never,
      rotatedAt: raw('clock_timestamp()') as never,
      idleExpiresAt: raw("least(absolute_expires_at, clock_timestamp() + ? * interval '1 second')", [
        refreshTtlSeconds,
      ]) as never,
    })
    .returning('*')
    .first() as unknown as Promise<Session>;
}
