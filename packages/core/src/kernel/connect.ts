import knex, { type Knex } from 'knex';
import { type Logger, silent } from './logger.ts';

export interface ConnectOptions {
  /** Connections at most; 10 by default. */
  readonly poolMax?: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Milliseconds after which the server ends a statement; 5000 by default, 0: never. */
  readonly statementTimeoutMs?: number;
  /** Where Knex reports connections that it lost; silent by default, since its own way is the console. */
  readonly log?: Logger;
}

/** What this file needs of a connection of the driver `pg`. */
interface Connection {
  query(...args: unknown[]): unknown;
  end(): Promise<void>;
  connection?: { stream?: { destroy(): void } };
  __knex__disposed?: unknown;
}

/** How much longer the client waits than the server: an answer that does not come at all means a dead network. */
const CLIENT_MARGIN_MS = 2000;
const DEAD = /Query read timeout|Connection terminated/;

/**
 * Opens a Knex on PostgreSQL with time limits on both sides, and connections that are thrown away once they have
 * timed out. The caller destroys it.
 */
export function connect(url: string, options: ConnectOptions = {}): Knex {
  const { poolMax = 10, applicationName = 'taskapp', statementTimeoutMs = 5000, log = silent } = options;
  const connection = {
    connectionString: url,
    application_name: applicationName,
    statement_timeout: statementTimeoutMs,
    lock_timeout: 2000,
    idle_in_transaction_session_timeout: 10_000,
    ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + CLIENT_MARGIN_MS }),
    connectionTimeoutMillis: 2000,
    keepAlive: true,
  };
  return knex({
    client: 'pg',
    connection,
    acquireConnectionTimeout: 2000,
    log: describeKnex(log),
    pool: { min: 0, max: poolMax, afterCreate: prepareConnection },
  });
}

/** Lost connections are retried, or reported by the call that lost one: no reason for more than a note. */
const describeKnex = (log: Logger) => {
  const note = (message: unknown) => void log.debug('Knex', { reason: String(message) });
  return { debug: note, warn: note, error: note, deprecate: (method: string) => note(`${method} is deprecated`) };
};

function prepareConnection(connection: Connection, done: (error: unknown, connection: Connection) => void): void {
  discardWhenDead(connection);
  done(null, connection);
}

/** Knex would put a connection that timed out back into its pool, where every later query times out as well. */
function discardWhenDead(connection: Connection): void {
  const query = connection.query.bind(connection);
  const check = (error: unknown) => {
    if (!(error instanceof Error) || !DEAD.test(error.message)) return;
    connection.__knex__disposed = error;
    connection.connection?.stream?.destroy();
  };
  connection.query = (...args) => {
    const last = args.at(-1);
    if (typeof last === 'function') {
      args[args.length - 1] = (error: unknown, result: unknown) => {
        check(error);
        last(error, result);
      };
      return query(...args);
    }
    const sent = query(...args);
    if (sent instanceof Promise) sent.catch(check);
    return sent;
  };
}
