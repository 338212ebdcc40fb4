import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { fail, kernelErrors } from './errors.ts';

/** What becomes known about a transaction while it runs. */
export interface CommitOutcome {
  /** From this point of `performance.now()` on nothing but its end is sent. */
  readonly deadline: number;
  commitSent: boolean;
  /** The command tag of the server's answer: an aborted transaction answers ROLLBACK to a COMMIT. */
  answer?: string | undefined;
  /** By what the transaction is recognised later. */
  witness?: string | undefined;
}

const WITNESS = 'taskapp_witness';
/** By this `transaction` recognises later what it wrote: id of the transaction, id of the row. For inserts of events. */
export const witnessColumn = `pg_current_xact_id() || ' ' || id as ${WITNESS}`;

const OUTCOME = Symbol('taskapp.outcome');

/** What this file uses of the client that Knex makes for one transaction, and for each savepoint in it. */
interface TransactionClient {
  _query(connection: unknown, query: { readonly sql: string }): Promise<SentQuery>;
  [OUTCOME]?: CommitOutcome;
}

interface SentQuery {
  readonly response?: { readonly command?: string; readonly rows?: readonly { readonly [WITNESS]?: string }[] };
}

/** The outcome that `observe` keeps of the transaction behind `db`; `undefined` for one that the host began. */
export const outcomeOf = (db: Knex): CommitOutcome | undefined => (db.client as TransactionClient)[OUTCOME];

/** Notes in `outcome` what the server answers. Knex does not look at the answer to COMMIT. */
export function observe(trx: Knex.Transaction, outcome: CommitOutcome): void {
  const client = trx.client as TransactionClient;
  const send = client._query.bind(client);
  client[OUTCOME] = outcome;
  client._query = async (connection, query) => {
    const isCommit = query.sql.startsWith('COMMIT');
    if (!isCommit && !/^(RELEASE|ROLLBACK)/.test(query.sql)) assertInTime(outcome);
    outcome.commitSent ||= isCommit;
    const answered = await send(connection, query);
    if (isCommit) outcome.answer = answered.response?.command;
    else outcome.witness = answered.response?.rows?.[0]?.[WITNESS] ?? outcome.witness;
    return answered;
  };
}

/** What PostgreSQL says of a statement that took too long, so that it means the same to everybody. */
const QUERY_CANCELED = '57014';

/** @throws what PostgreSQL throws for a statement that took too long */
export function assertInTime({ deadline }: CommitOutcome): void {
  if (performance.now() < deadline) return;
  throw Object.assign(new Error('The transaction takes too long'), { code: QUERY_CANCELED });
}

const SETTLE_MS = 1000;
const FATE = `
  select pg_xact_status(?::xid8) as status, exists (select 1 from taskapp.events where id = ?) as "isThere"`;

/**
 * Asks the server on another connection what became of a transaction, for a second at most. Only the row proves that
 * it committed: a server that crashed gives the ids of transactions that it lost to others.
 *
 * @throws database.commit_unknown
 */
export async function askForFate(db: Knex, { witness }: CommitOutcome, cause: unknown): Promise<'COMMIT' | 'ROLLBACK'> {
  const deadline = performance.now() + SETTLE_MS;
  let misses = 0;
  while (witness && performance.now() < deadline) {
    const answer = db.raw(FATE, witness.split(' ')).then(
      ({ rows }) => rows[0],
      () => ({}),
    );
    // On a network that swallows everything the question would take as long as the COMMIT did.
    const { status, isThere } = await Promise.race([answer, sleep(deadline - performance.now(), {})]);
    if (isThere) return 'COMMIT';
    // The status is newer than the snapshot in which the row is looked for, so one miss proves nothing.
    if (status === 'committed') misses += 1;
    if (status === 'aborted' || misses === 2) return 'ROLLBACK';
    await sleep(50);
  }
  return fail(kernelErrors.commitUnknown, { retryAfter: 1, cause });
}
