import { randomBytes } from 'node:crypto';
import { loadConfig, startServer } from '@taskapp/http';
import pg from 'pg';
import { urlOf } from '../support/admin.ts';
import { startServices } from '../support/services.ts';
import { type ApiDocument, readDocument } from './document.ts';
import { captureLog, type LogLine } from './log-capture.ts';
import { watchStatements } from './statements.ts';

/** A server to attack, in this process, on a database and a Redis of its own. */
export interface World {
  readonly port: number;
  readonly document: ApiDocument;
  readonly secrets: { readonly access: string; readonly refresh: string };
  readonly log: LogLine[];
  /** What was wrong with a line of the log or with an answer, whatever it was about. */
  readonly problems: string[];
  query<T extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  stop(): Promise<void>;
}

const UNLIMITED = '1000000';

/** Starts everything; the caller stops it. */
export async function createWorld(): Promise<World> {
  const services = await startServices();
  const { TEST_DATABASE_URL, TEST_TEMPLATE, TEST_REDIS_URL } = services.environment;
  const databaseUrl = urlOf(TEST_DATABASE_URL, TEST_TEMPLATE);
  const secrets = { access: randomBytes(32).toString('hex'), refresh: randomBytes(32).toString('hex') };
  const config = loadConfig({
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    REDIS_URL: TEST_REDIS_URL,
    JWT_ACCESS_SECRET: secrets.access,
    JWT_REFRESH_SECRET: secrets.refresh,
    BCRYPT_COST: '4',
    TRUST_PROXY: '127.0.0.1/32',
    RATE_LIMIT_MAX: UNLIMITED,
    RATE_LIMIT_USER_MAX: UNLIMITED,
    RATE_LIMIT_LOGIN_MAX: UNLIMITED,
    MAX_CONCURRENT_PER_USER: UNLIMITED,
  });
  const problems: string[] = [];
  watchStatements(problems);
  const { log, lines } = captureLog(problems, Object.values(secrets));
  // How much at a time is for others to test; a busy machine must not look like a fault here.
  const overload = { maxInFlight: 100_000, loopDelayMs: 60_000, poolWaitMs: 60_000 };
  const server = await startServer({ config, log, overload });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const root = await (await fetch(`http://127.0.0.1:${server.port}/openapi.json`)).json();
  const stop = async () => {
    await pool.end();
    await server.close();
    await services.stop();
  };
  const query = async <T extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
    (await pool.query<T>(sql, [...values])).rows;
  return { port: server.port, document: readDocument(root), secrets, log: lines, problems, query, stop };
}
