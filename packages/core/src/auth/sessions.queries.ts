import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuid } from 'uuid';
import { recordEvent, recordEvents } from '../events/account-events.queries.ts';
import { all, type Caller } from '../events/events.queries.ts';
import type { Actor } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import type { Settings } from '../options.ts';
import { Session } from './session.model.ts';

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
      lastUsedAt: raw('clock_timestamp()') as never,
      idleExpiresAt: inSeconds(lifetimes.refreshTtlSeconds) as never,
      absoluteExpiresAt: inSeconds(lifetimes.sessionTtlSeconds) as never,
    })
    .returning('*');
  await recordEvent(db, caller, { type: 'session.opened', entityId: session.id, changes: all('to', { userId }) });
  const surplus = liveSessions(db, userId)
    .whereNot('id', session.id)
    .select('id')
    .orderBy('last_used_at', 'desc')
    .offset(MAX_SESSIONS - 1);
  await revokeSessions(db, caller, { reason: 'surplus', only: (query) => query.whereIn('id', surplus) });
  return session;
}

/** What has expired ended by itself: nobody revokes it. */
export const IS_LIVE = 'idle_expires_at > now() and absolute_expires_at > now()';

/** Sessions of a user that still work. */
export const liveSessions = (db: Db, userId: string) =>
  Session.query(db).where('user_id', userId).whereNull('revoked_at').whereRaw(IS_LIVE);

/** The live sessions of a user as `viewer` sees them, the one used last first. */
export async function listSessions(db: Db, userId: string, viewer: Actor) {
  const sessions = await liveSessions(db, userId).orderBy('last_used_at', 'desc');
  return sessions.map((session) => ({
    ...session.toJSON(),
    expiresAt: session.idleExpiresAt,
    current: viewer.kind === 'user' && session.id === viewer.sessionId,
  }));
}

type SessionQuery = ReturnType<typeof liveSessions>;

/** Ends the sessions that `only` leaves, each with an event; resolves with their ids. */
export async function revokeSessions(
  db: Knex.Transaction,
  caller: Caller,
  { reason, only }: { reason: string; only: (query: SessionQuery) => unknown },
): Promise<string[]> {
  const query = Session.query(db).whereNull('revoked_at');
  only(query as unknown as SessionQuery);
  const ended = await query.patch({ revokedAt: raw('now()') as never, revokeReason: reason }).returning('*');
  const sessions = ended as unknown as Session[];
  await recordRevocations(db, caller, { sessions, reason });
  return sessions.map(({ id }) => id);
}

/** Records that sessions have ended. */
export const recordRevocations = (
  db: Knex.Transaction,
  caller: Caller,
  { sessions, reason }: { sessions: readonly Pick<Session, 'id' | 'userId'>[]; reason: string },
): Promise<void> =>
  recordEvents(
    db,
    caller,
    sessions.map(({ id, userId }) => ({
      type: 'session.revoked',
      entityId: id,
      changes: { userId: { from: userId }, reason: { to: reason } },
    })),
  );

/** Deletes up to 500 sessions that ended more than 30 days ago; resolves with their number. */
export const purgeSessions = async (db: Db): Promise<number> =>
  (
    await db.raw(`delete from taskapp.sessions where id in (
      select id from taskapp.sessions
      where least(revoked_at, idle_expires_at, absolute_expires_at) < now() - interval '30 days'
      limit 500 for update skip locked)`)
  ).rowCount;
