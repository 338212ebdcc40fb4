import type { Client } from 'pg';
import { ADMIN_ROLE, APP_ROLE, createUrl, createVerifier, deriveAppPassword } from './credentials.ts';
import { codeOf, failEmbedded } from './failure.ts';
import { pause } from './processes.ts';

const CONNECT_MS = 30_000;
const RECOVERY_MS = 120_000;
/** A server that restarts itself after one of its processes was killed. */
const RECOVERING = '57P03';
const WRONG_PASSWORD = '28P01';
const NO_DATABASE = '3D000';

/** The database to prepare, on a running server. */
export interface DatabaseOptions {
  readonly directory: string;
  readonly port: number;
  /** The superuser's. */
  readonly password: string;
  readonly database: string;
  /** The data were just made, so neither role nor database can exist. */
  readonly isNew: boolean;
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

async function withClient<T>(url: string, action: (client: Client) => Promise<T>): Promise<T> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  // A connection that breaks while idle emits an error that nobody else would hear, and that would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}

async function createRole(client: Client, password: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [APP_ROLE]);
  if (rowCount === 0) await client.query(`create role ${APP_ROLE} login createdb in role pg_monitor`);
  await client.query(`alter role ${APP_ROLE} password '${createVerifier(password)}'`);
}

async function createDatabase(client: Client, database: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
  if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)} owner ${APP_ROLE}`);
}

/** Makes sure of the role and the database, as the superuser. */
async function repair({ directory, port, password, database }: DatabaseOptions): Promise<void> {
  const url = createUrl({ role: ADMIN_ROLE, password, port, database: 'postgres' });
  try {
    await withClient(url, async (client) => {
      await createRole(client, deriveAppPassword(password));
      await createDatabase(client, database);
    });
  } catch (error) {
    if (codeOf(error) !== WRONG_PASSWORD) throw error;
    failEmbedded(
      `The password in ${directory} is not the one of the data beside it. Stop whatever uses them, remove the file ` +
        'postgres.password and start again: a new password is set',
      error,
    );
  }
}

/**
 * Returns the URL of the application's database after a connection to it has worked; makes its role and the database
 * where they do not exist. This is also the proof that the server on that port is the one whose password we hold.
 */
export async function prepareDatabase(options: DatabaseOptions): Promise<string> {
  const { port, password, database } = options;
  const url = createUrl({ role: APP_ROLE, password: deriveAppPassword(password), port, database });
  if (options.isNew) await repair(options);
  const deadline = Date.now() + RECOVERY_MS;
  for (;;) {
    const problem = await withClient(url, (client) => client.query('select 1')).then(() => undefined, toError);
    if (problem === undefined) return url;
    const code = codeOf(problem) ?? '';
    if (![WRONG_PASSWORD, NO_DATABASE, RECOVERING].includes(code) || Date.now() > deadline) throw problem;
    if (code === RECOVERING) await pause(50);
    else await repair(options);
  }
}
