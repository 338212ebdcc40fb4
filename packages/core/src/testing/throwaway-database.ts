import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import { isConnectionLoss, nativeOf } from '../kernel/database-errors.ts';
import { knownMigrations, migrate } from '../migrations.ts';

/** A database that is gone when the test is over. */
export interface ThrowawayDatabase {
  readonly url: string;
  /** Ends what is still connected to it, and drops it. */
  drop(): Promise<void>;
}

const PREFIX = 'taskapp_test';
const FORGOTTEN_MS = 3_600_000;
const TRIES = 100;
const MAY_NOT = '42501';
const IN_USE = '55006';
const ABSENT = '3D000';
/** Two processes make one template, one after the other. */
const LOCK = 7_021_345_882;

/**
 * Makes a database with the schema `taskapp` on the server of `serverUrl`: a copy of a template, which the first call
 * makes and leaves there for the calls and runs to come. Those that killed runs left behind are dropped after an hour.
 *
 * @throws Error that says what the role lacks
 */
export async function createThrowawayDatabase(serverUrl: string): Promise<ThrowawayDatabase> {
  const name = `${PREFIX}_${Date.now()}_${randomBytes(4).toString('hex')}`;
  await withServer(serverUrl, async (server) => {
    const template = await nameTemplate();
    const copy = () => untilFree(() => server.raw('create database ?? template ??', [name, template]));
    await copy().catch(async (error: unknown) => {
      if (nativeOf(error).code !== ABSENT) throw error;
      await makeTemplate(server, serverUrl, template);
      await copy();
    });
    await dropForgotten(server);
  });
  const drop = () =>
    withServer(serverUrl, async (server) => void (await server.raw('drop database if exists ?? with (force)', [name])));
  return { url: urlOf(serverUrl, name), drop };
}

/** One template for each history of migrations: a new version of the package makes one of its own. */
async function nameTemplate(): Promise<string> {
  const history = (await knownMigrations()).join();
  return `${PREFIX}_template_${createHash('sha256').update(history).digest('hex').slice(0, 12)}`;
}

/** Somebody may just look into the template: psql, a monitor, autovacuum. */
async function untilFree(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (nativeOf(error).code !== IN_USE || tries === TRIES) throw error;
      await sleep(50);
    }
  }
}

/** Under another name until it is complete, so that a run that is killed leaves no half of one. */
async function makeTemplate(server: Knex, serverUrl: string, template: string): Promise<void> {
  const unfinished = `${template}_new`;
  await server.raw('select pg_advisory_lock(?)', [LOCK]);
  const { rows } = await server.raw('select 1 from pg_database where datname = ?', [template]);
  if (rows.length > 0) return;
  await server.raw('drop database if exists ?? with (force)', [unfinished]);
  await server.raw('create database ?? template template0', [unfinished]);
  await withServer(urlOf(serverUrl, unfinished), (db) => migrate(db, { reason: 'createTestApp' }), 4);
  await untilFree(() => server.raw('alter database ?? rename to ??', [unfinished, template]));
}

/** Without force: one that somebody still looks at stays. */
async function dropForgotten(server: Knex): Promise<void> {
  const { rows } = await server.raw(`select datname as name from pg_database where datname ~ '^${PREFIX}_[0-9]+_'`);
  const isForgotten = ({ name }: { name: string }) => Number(name.split('_')[2]) < Date.now() - FORGOTTEN_MS;
  for (const { name } of rows.filter(isForgotten)) {
    await server.raw('drop database if exists ??', [name]).catch(() => undefined);
  }
}

/** One connection, so that locks of the session end with it. */
async function withServer<T>(url: string, work: (server: Knex) => Promise<T>, max = 1): Promise<T> {
  const server = knex({ client: 'pg', connection: url, pool: { min: 0, max } });
  try {
    return await work(server);
  } catch (error) {
    throw explain(error, new URL(url));
  } finally {
    await server.destroy();
  }
}

function explain(error: unknown, { username, host }: URL): unknown {
  const role = username || 'the role';
  if (nativeOf(error).code === MAY_NOT)
    return new Error(
      `createTestApp makes a database for each test app, and ${role} may not; grant it: alter role ${role} createdb`,
      { cause: error },
    );
  if (isConnectionLoss(error)) return new Error(`createTestApp cannot reach PostgreSQL at ${host}`, { cause: error });
  return error;
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
