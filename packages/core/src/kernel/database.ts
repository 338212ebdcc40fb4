import type { Knex } from 'knex';
import { ConstraintViolationError, Model, snakeCaseMappers } from 'objection';
import { isConnectionLoss } from './database-errors.ts';
import { type ErrorSpec, fail, kernelErrors } from './errors.ts';

/** A pool or a transaction; services cannot tell the difference. */
export type Db = Knex | Knex.Transaction;

/**
 * Base of all models. Never bound to a global Knex: every query names its connection, `Task.query(db)`, and
 * Objection throws when one forgets. Columns are mapped here, so that the host's Knex may map them or not.
 */
export class BaseModel extends Model {
  static override columnNameMappers = snakeCaseMappers();
  /** Properties that are points in time, also where the host's driver returns them as strings. */
  static dates: readonly string[] = [];
  /** Properties that are whole numbers, also where the driver returns them as strings (bigint). */
  static numbers: readonly string[] = [];

  override $parseDatabaseJson(json: Record<string, unknown>) {
    const parsed = super.$parseDatabaseJson(json);
    const { dates, numbers } = this.constructor as typeof BaseModel;
    for (const name of dates) if (typeof parsed[name] === 'string') parsed[name] = new Date(parsed[name]);
    for (const name of numbers) if (name in parsed && parsed[name] !== null) parsed[name] = Number(parsed[name]);
    return parsed;
  }
}

/** `for update of` one table of a join: Objection passes the name on, its types do not know it. */
export const lockRowsOf = <Q extends { forUpdate(): Q }>(query: Q, alias: string): Q =>
  (query.forUpdate as (table: string) => Q).call(query, alias);

/** Gives a violated constraint its meaning; every other error passes through. */
export const onConstraint =
  (meanings: Readonly<Record<string, ErrorSpec>>) =>
  (error: unknown): never => {
    const { constraint } = error as { constraint?: string };
    const named = error instanceof ConstraintViolationError || typeof constraint === 'string';
    const spec = named && constraint ? meanings[constraint] : undefined;
    if (spec) fail(spec, { cause: error });
    throw error;
  };

/**
 * Runs `work` in a transaction and resolves only if PostgreSQL answered COMMIT. On a host's transaction it is a
 * savepoint: a failure leaves the host's transaction usable, and the host commits.
 *
 * @throws database.not_committed when the server rolled back although nothing was thrown (a swallowed error)
 * @throws database.commit_unknown when the connection was lost after COMMIT was sent
 */
export async function transaction<T>(db: Db, work: (db: Knex.Transaction) => Promise<T>): Promise<T> {
  if (db.isTransaction) return db.transaction(work);
  const commit: CommitOutcome = { sent: false };
  const result = await db
    .transaction((trx) => {
      observeCommit(trx.client, commit);
      return work(trx);
    })
    .catch((error: unknown) => explainFailure(error, commit));
  if (commit.answer !== 'COMMIT') fail(kernelErrors.notCommitted, { retryAfter: 1 });
  return result;
}

interface CommitOutcome {
  sent: boolean;
  /** The command tag of the server's answer: an aborted transaction answers ROLLBACK to a COMMIT. */
  answer?: string | undefined;
}

interface SentQuery {
  readonly sql: string;
  readonly response?: { readonly command?: string };
}

/** Knex does not look at the answer to COMMIT. Its client belongs to one transaction, so nothing else is touched. */
function observeCommit(client: { _query(...args: unknown[]): Promise<SentQuery> }, outcome: CommitOutcome): void {
  const send = client._query.bind(client);
  client._query = async (connection, query) => {
    if (!(query as SentQuery).sql.startsWith('COMMIT')) return send(connection, query);
    outcome.sent = true;
    const answered = await send(connection, query);
    outcome.answer = answered.response?.command;
    return answered;
  };
}

function explainFailure(error: unknown, { sent }: CommitOutcome): never {
  if (sent && isConnectionLoss(error)) fail(kernelErrors.commitUnknown, { retryAfter: 1, cause: error });
  throw error;
}
