import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { QUERY_CANCELED } from './database-errors.ts';
import { fail, kernelErrors } from './errors.ts';
import { runStatement } from './statement.ts';

/** What becomes known about a transaction while it runs. */
export interface CommitOutcome {
  /** From this point of `performance.now()` on nothing but its end is sent. */
  readonly deadline: number;
  commitSent: boolean;
  /** The command tag of the server's answer: an aborted transaction answers ROLLBACK to a COMMIT. */
  answer?: string | undefined;
  /** The id of an event that it recorded. */
  witness?: string | undefined;
}

const WITNESS = 'taskapp_witness';
/** By this `transaction` recognises later what it wrote. For inserts of events. */
export const witnessColumn = `id as ${WITNESS}`;

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

/** @throws what PostgreSQL throws for a statement that took too long */
export function assertInTime({ deadline }: CommitOutcome): void {
  if (performance.now() < deadline) return;
  throw Object.assign(new Error('The transaction takes too long'), { code: QUERY_CANCELED });
}

const SETTLE_MS = 1000;
const ABANDONED = 'call.abandoned';
const TAKE_ITS_PLACE = `
  insert into taskapp.events (id, type, entity_type, actor_kind, actor_reason)
  values ($1, '${ABANDONED}', 'call', 'system', 'Its connection was lost before it was committed')
  on conflict (id) do nothing`;
const FIND = 'select type from taskapp.events where id = $1';

/**
 * Settles on another connection what became of a change that recorded, or would record, the event `witness`, within a
 * second: an event of that id is put in its place. Where that succeeds, the change can never be committed any more;
 * where the id is taken, it was. A change that is still under way is waited for.
 *
 * @throws database.commit_unknown
 */
export async function settle(db: Knex, witness: string | undefined, cause: unknown): Promise<'COMMIT' | 'ROLLBACK'> {
  const deadline = performance.now() + SETTLE_MS;
  while (witness && performance.now() < deadline) {
    const answer = ask(db, witness).catch(() => undefined);
    // On a network that swallows everything the question would take as long as the COMMIT did.
    const type = await Promise.race([answer, sleep(deadline - performance.now(), undefined)]);
    if (type !== undefined) return type === ABANDONED ? 'ROLLBACK' : 'COMMIT';
    await sleep(50);
  }
  return fail(kernelErrors.commitUnknown, { retryAfter: 1, cause });
}

async function ask(db: Knex, witness: string): Promise<string | undefined> {
  await runStatement(db, { sql: TAKE_ITS_PLACE, bindings: [witness] });
  // By a statement of its own: what the first one waited for is not in its snapshot.
  const { rows } = await runStatement<{ type: string }>(db, { sql: FIND, bindings: [witness] });
  return rows[0]?.type;
}
