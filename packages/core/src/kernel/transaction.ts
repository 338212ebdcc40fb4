import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Db } from './database.ts';
import { isConnectionLoss, nativeOf } from './database-errors.ts';
import { fail, kernelErrors } from './errors.ts';

const ATTEMPTS = 4;
const SETTLE_MS = 1000;

/**
 * Runs `work` in a transaction and resolves only if PostgreSQL answered COMMIT, or, when that answer got lost, if the
 * server says on a new connection that it did commit. `work` runs again, three times at most, after a deadlock or a
 * serialisation failure. On a host's transaction all of this is the host's: `work` runs once, in a savepoint, and a
 * failure leaves the host's transaction usable.
 *
 * @throws database.not_committed when the server rolled back although nothing was thrown (a swallowed error)
 * @throws database.commit_unknown when the connection was lost after COMMIT was sent and the server cannot be asked
 */
export async function transaction<T>(db: Db, work: (db: Knex.Transaction) => Promise<T>): Promise<T> {
  if (db.isTransaction) return inSavepoint(db, work);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce(db, work);
    } catch (error) {
      if (attempt === ATTEMPTS || !isConflict(error)) throw error;
      await sleep(5 + Math.random() * 45);
    }
  }
}

function inSavepoint<T>(db: Db, work: (db: Knex.Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (trx) => {
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

/** What becomes known about a transaction while it runs. */
interface Outcome<T> {
  value?: T;
  commitSent: boolean;
  /** The command tag of the server's answer: an aborted transaction answers ROLLBACK to a COMMIT. */
  answer?: string | undefined;
  witness?: string | undefined;
}

async function attemptOnce<T>(db: Knex, work: (db: Knex.Transaction) => Promise<T>): Promise<T> {
  const outcome: Outcome<T> = { commitSent: false };
  try {
    await db.transaction(async (trx) => {
      observe(trx.client, outcome);
      outcome.value = await work(trx);
    });
  } catch (error) {
    if (!outcome.commitSent || !isConnectionLoss(error)) throw error;
    outcome.answer = await askForOutcome(db, outcome.witness, error);
  }
  if (outcome.answer !== 'COMMIT') fail(kernelErrors.notCommitted, { retryAfter: 1 });
  return outcome.value as T;
}

interface SentQuery {
  readonly sql: string;
  readonly response?: { readonly command?: string; readonly rows?: readonly { readonly [WITNESS]?: string }[] };
}

const WITNESS = 'taskapp_witness';
/** By this `transaction` recognises later what it wrote: id of the transaction, id of the row. For inserts of events. */
export const witnessColumn = `pg_current_xact_id() || ' ' || id as ${WITNESS}`;

/** Knex does not look at the answer to COMMIT. Its client belongs to one transaction, so nothing else is touched. */
function observe(client: { _query(...args: unknown[]): Promise<SentQuery> }, outcome: Outcome<unknown>): void {
  const send = client._query.bind(client);
  client._query = async (connection, query) => {
    const isCommit = (query as SentQuery).sql.startsWith('COMMIT');
    outcome.commitSent ||= isCommit;
    const answered = await send(connection, query);
    if (isCommit) outcome.answer = answered.response?.command;
    else outcome.witness = answered.response?.rows?.[0]?.[WITNESS] ?? outcome.witness;
    return answered;
  };
}

const OUTCOME = `
  select pg_xact_status(?::xid8) as status, exists (select 1 from taskapp.events where id = ?) as "isThere"`;

/**
 * Asks the server on another connection what became of a transaction, for a second at most. Only the row proves that
 * it committed: a server that crashed gives the ids of transactions that it lost to others.
 */
async function askForOutcome(db: Knex, witness: string | undefined, cause: unknown): Promise<'COMMIT' | 'ROLLBACK'> {
  const deadline = performance.now() + SETTLE_MS;
  let misses = 0;
  while (witness && performance.now() < deadline) {
    const { status, isThere } = await db.raw(OUTCOME, witness.split(' ')).then(
      ({ rows }) => rows[0],
      () => ({}),
    );
    if (isThere) return 'COMMIT';
    // The status is newer than the snapshot in which the row is looked for, so one miss proves nothing.
    if (status === 'committed') misses += 1;
    if (status === 'aborted' || misses === 2) return 'ROLLBACK';
    await sleep(50);
  }
  return fail(kernelErrors.commitUnknown, { retryAfter: 1, cause });
}

/** A deadlock, a serialisation failure, a plan from before a migration: nothing is left, and it may succeed now. */
const isConflict = (error: unknown) => ['40001', '40P01', '0A000'].includes(nativeOf(error).code ?? '');
