import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { isLockTimeout, translateDatabaseError } from './kernel/database-errors.ts';
import { fail } from './kernel/errors.ts';
import { migrationErrors } from './migrations.errors.ts';

const LOCK = 7_236_580_114;
const LOCK_WAIT_MS = 60_000;

/** A query with a limit of its own on how long the client waits for its answer, in ms. */
export interface TimedQuery {
  readonly text: string;
  readonly query_timeout: number;
}

/** A raw connection as Knex's PostgreSQL client makes it. */
export interface Session {
  query(sql: string | TimedQuery): Promise<{ rows: Record<string, unknown>[] }>;
}

/**
 * Holds an advisory lock on a connection of its own: it ends with that session, whatever happens to the process. `work`
 * may use it, outside of transactions.
 * @throws migration.locked when somebody else has held it for `waitMs`, a minute by default; names the backend
 */
export async function withMigrationLock<T>(
  db: Knex,
  work: (session: Session) => Promise<T>,
  waitMs = LOCK_WAIT_MS,
): Promise<T> {
  const session: Session = await db.client.acquireRawConnection().catch(translateDatabaseError);
  try {
    await takeLock(session, waitMs);
    return await work(session);
  } catch (error) {
    return translateDatabaseError(error);
  } finally {
    await db.client.destroyRawConnection(session);
  }
}

/** Polls: a session that waits inside `pg_advisory_lock` deadlocks with indexes being built concurrently. */
async function takeLock(session: Session, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  do {
    const { rows } = await session.query(`select pg_try_advisory_lock(${LOCK}) as locked`);
    if (rows[0]?.locked) return;
    await sleep(200 + Math.random() * 100);
  } while (performance.now() < deadline);
  const { rows } = await session.query(
    `select pid from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database
      where datname = current_database()) and (classid::bigint << 32 | objid::bigint) = ${LOCK}`,
  );
  const { message } = migrationErrors.locked;
  fail({ ...migrationErrors.locked, message: `${message} (PostgreSQL backend ${rows[0]?.pid ?? 'unknown'})` });
}

const RETRIES = 10;
const MAX_PAUSE_MS = 5000;

/**
 * Does `work` again while others hold a table it needs; in the pauses those who queued behind it get their turn.
 * @throws migration.blocked after ten more tries over about half a minute
 */
export async function untilUnblocked<T>(work: () => Promise<T>, firstPauseMs = 500): Promise<T> {
  for (let pauseMs = firstPauseMs, retries = 0; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS), retries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (retries === RETRIES) fail(migrationErrors.blocked, { cause: error });
      await sleep(pauseMs * (0.75 + Math.random() / 2));
    }
  }
}
