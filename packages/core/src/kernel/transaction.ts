import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { assertInTime, type CommitOutcome, observe, outcomeOf, settle } from './commit-outcome.ts';
import type { Db } from './database.ts';
import { isConnectionLoss, nativeOf } from './database-errors.ts';
import { fail, kernelErrors } from './errors.ts';
import { runStatement, type Statement } from './statement.ts';

const ATTEMPTS = 4;
/** With two seconds for a connection, and five for the statement under way and for COMMIT, it ends within 15 s or so. */
const LIMIT_MS = 8000;

type Work<T> = (db: Knex.Transaction) => Promise<T>;

/**
 * Runs `work` in a transaction and resolves only if PostgreSQL answered COMMIT, or, when that answer got lost, if the
 * server says on a new connection that it did commit. `work` runs again, three times at most, after a deadlock or a
 * serialisation failure. After `limitMs` no further statement is sent and everything is rolled back. On a host's
 * transaction all of this is the host's: `work` runs once, in a savepoint, and a failure leaves the host's transaction
 * usable.
 *
 * @throws database.not_committed when the server rolled back although nothing was thrown (a swallowed error)
 * @throws database.commit_unknown when the connection was lost after COMMIT was sent and the server cannot be asked
 */
export async function transaction<T>(db: Db, work: Work<T>, limitMs = LIMIT_MS): Promise<T> {
  if (db.isTransaction) return inSavepoint(db, work);
  const deadline = performance.now() + limitMs;
  return repeatAfterConflicts(() => attemptOnce(db, work, { deadline, commitSent: false }));
}

/** A statement and the id of the event that it records. */
export interface RecordedStatement extends Statement {
  readonly witness: string;
}

/**
 * Does what `transaction` does for a change that is one statement, in one round trip: PostgreSQL answers a statement
 * outside of transactions once it is committed. Resolves with `undefined` where the change was made and its rows got lost.
 */
export async function commitAlone<Row>(db: Db, statement: RecordedStatement): Promise<readonly Row[] | undefined> {
  const run = async (db: Db) => (await runStatement<Row>(db, statement)).rows;
  // In a transaction of ours a failure ends all of it.
  if (outcomeOf(db)) return run(db);
  if (db.isTransaction) return inSavepoint(db, run);
  return repeatAfterConflicts(async () => {
    let sent = false;
    try {
      const { rows } = await runStatement<Row>(db, statement, () => {
        sent = true;
      });
      return rows;
    } catch (error) {
      if (!sent || !isConnectionLoss(error)) throw error;
      if ((await settle(db, statement.witness, error)) === 'ROLLBACK') throw error;
      return undefined;
    }
  });
}

async function repeatAfterConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isConflict(error)) throw error;
      await sleep(5 + Math.random() * 45);
    }
  }
}

function inSavepoint<T>(db: Knex, work: Work<T>): Promise<T> {
  const outcome = outcomeOf(db);
  return db.transaction(async (trx) => {
    // What happens in here decides the fate of an outer transaction of ours.
    if (outcome) observe(trx, outcome);
    let isSuspect = false;
    trx.on('query-error', () => {
      isSuspect = true;
    });
    const value = await work(trx);
    // Releasing the savepoint of an aborted transaction fails and leaves the host's aborted: Knex must roll back to it.
    if (isSuspect)
      await trx.raw('select 1').catch((cause) => fail(kernelErrors.notCommitted, { retryAfter: 1, cause }));
    return value;
  });
}

async function attemptOnce<T>(db: Knex, work: Work<T>, outcome: CommitOutcome): Promise<T> {
  const result: { value?: T } = {};
  try {
    await db.transaction(async (trx) => {
      observe(trx, outcome);
      result.value = await work(trx);
      assertInTime(outcome);
    });
  } catch (error) {
    if (!outcome.commitSent || !isConnectionLoss(error)) throw error;
    outcome.answer = await settle(db, outcome.witness, error);
  }
  if (outcome.answer !== 'COMMIT') fail(kernelErrors.notCommitted, { retryAfter: 1 });
  return result.value as T;
}

/** A deadlock, a serialisation failure, a plan from before a migration: nothing is left, and it may succeed now. */
const isConflict = (error: unknown): boolean =>
  error instanceof Error && (CONFLICTS.includes(nativeOf(error).code ?? '') || isConflict(error.cause));

const CONFLICTS = ['40001', '40P01', '0A000'];
