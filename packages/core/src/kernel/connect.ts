import knex, { type Knex } from 'knex';
import { type Logger, silent } from './logger.ts';
import { createStatementNames, type StatementNames } from './prepared.ts';
import { TIME_LIMITS } from './time-limits.ts';

export interface ConnectOptions {
  /** Connections at most; 10 by default. */
  readonly poolMax?: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Milliseconds after which the server ends a statement; 5000 by default, 0: never. */
  readonly statementTimeoutMs?: number;
  /** Plans each statement once a connection; true by default. False behind a pooler that keeps no statements. */
  readonly prepared?: boolean;
  /**
   * `url` leads to a pooler in transaction mode: no time limits are asked for, since it refuses or drops them. The role
   * must have them then; `findMissingLimits` tells. False by default.
   */
  readonly pooler?: boolean;
  /** Where Knex reports connections that it lost; silent by default, since its own way is the console. */
  readonly log?: Logger;
}

/** What this file needs of a connection of the driver `pg`. */
interface Connection {
  query(...args: unknown[]): unknown;
  end(): Promise<void>;
  connection?: { stream?: { destroy(): void } };
  __knex__disposed?: unknown;
  /** Set by Knex while the connection is in a transaction. */
  __knexTxId?: string;
}

/**
 * How much longer the client waits than the server: an answer that does not come at all means a dead network. With the
 * wait for a connection a request then ends within 7.5 seconds.
 */
const CLIENT_MARGIN_MS = 500;
const DEAD = /Query read timeout|Connection terminated/;
/** With these the server ends the session; that its connection is gone becomes known a moment after the answer. */
const ENDED = /^(08|57P0|25P03$)/;

/**
 * Opens a Knex on PostgreSQL with time limits on both sides, and connections that are thrown away once they have
 * timed out. The caller destroys it.
 */
export function connect(url: string, options: ConnectOptions = {}): Knex {
  const { poolMax = 10, applicationName = 'taskapp', log = silent } = options;
  const { statementTimeoutMs = TIME_LIMITS.statement_timeout } = options;
  const names = options.prepared === false ? undefined : createStatementNames();
  const connection = {
    connectionString: url,
    application_name: applicationName,
    ...(!options.pooler && { ...TIME_LIMITS, statement_timeout: statementTimeoutMs }),
    ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + CLIENT_MARGIN_MS }),
    connectionTimeoutMillis: 2000,
    keepAlive: true,
  };
  return knex({
    client: 'pg',
    connection,
    acquireConnectionTimeout: 2000,
    log: describeKnex(log),
    pool: { min: 0, max: poolMax, afterCreate: prepareConnection(names) },
  });
}

/** Lost connections are retried, or reported by the call that lost one: no reason for more than a note. */
const describeKnex = (log: Logger) => {
  const note = (message: unknown) => void log.debug('Knex', { reason: String(message) });
  return { debug: note, warn: note, error: note, deprecate: (method: string) => note(`${method} is deprecated`) };
};

const codeOf = (error: Error): string => (error as { code?: string }).code ?? '';

type Done = (error: unknown, connection: Connection) => void;

const prepareConnection = (names: StatementNames | undefined) => (connection: Connection, done: Done) => {
  observeQueries(connection, names);
  done(null, connection);
};

/** Names statements, and watches for connections that are dead and plans that no longer fit. */
function observeQueries(connection: Connection, names: StatementNames | undefined): void {
  const query = connection.query.bind(connection);
  const check = (error: unknown) => {
    if (!(error instanceof Error) || !(DEAD.test(error.message) || ENDED.test(codeOf(error)))) return;
    // Knex would put the connection back into its pool, where every later query fails as well.
    connection.__knex__disposed = error;
    connection.connection?.stream?.destroy();
  };
  connection.query = (config, ...rest) => {
    names?.assign(config);
    const done = rest.at(-1);
    if (typeof done !== 'function') return query(config, ...rest);
    return query(config, ...rest.slice(0, -1), (error: unknown, result: unknown) => {
      check(error);
      // In a transaction all of it has to run again; see `transaction`.
      const again = names?.isOutdated(error, config) && connection.__knexTxId === undefined;
      if (again) connection.query(config, done);
      else done(error, result);
    });
  };
}
