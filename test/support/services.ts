import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knex from 'knex';
import { openEmbeddedPostgres } from '../../packages/cli/src/embedded/embedded.ts';
import { administer, urlOf } from './admin.ts';
import { startRedisServer } from './redis-server.ts';

/** The servers of one test run, and what its test files must know of them. */
export interface Services {
  readonly environment: Readonly<Record<'TEST_DATABASE_URL' | 'TEST_TEMPLATE' | 'TEST_REDIS_URL', string>>;
  /** Drops the run's databases and ends the servers that were started for it. */
  stop(): Promise<void>;
}

interface Service {
  readonly url: string;
  stop(): Promise<void>;
}

/** Speed for data that live as long as a test run; everything else is as in production. */
const TEST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };

const serviceAt = (url: string): Service => ({ url, stop: async () => undefined });

async function startPostgres(): Promise<Service> {
  const directory = await mkdtemp(join(tmpdir(), 'taskapp-test-'));
  const removeAll = (): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 5 });
  try {
    const { adminUrl, release } = await openEmbeddedPostgres({ directory, settings: TEST_SETTINGS });
    const stop = async (): Promise<void> => {
      await release();
      await removeAll();
    };
    return { url: adminUrl, stop };
  } catch (error) {
    await removeAll();
    throw error;
  }
}

/** Makes the database that test files clone: the schema as `migrate` leaves it. */
async function createTemplate(serverUrl: string, template: string): Promise<void> {
  await administer(serverUrl, `create database ${template} template template0`);
  const { migrate } = await import('@taskapp/core');
  const db = knex({ client: 'pg', connection: urlOf(serverUrl, template), pool: { min: 0, max: 4 } });
  await migrate(db).finally(() => db.destroy());
}

/** Drops the template, and the clones of test files that were killed. */
async function dropDatabases(serverUrl: string, template: string): Promise<void> {
  const listing = `select datname from pg_database where starts_with(datname, '${template}')`;
  const { rows } = await administer(serverUrl, listing);
  for (const { datname } of rows) await administer(serverUrl, `drop database if exists ${datname} with (force)`);
}

async function stopAll(services: readonly Service[]): Promise<void> {
  const results = await Promise.allSettled(services.map(({ stop }) => stop()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** The services, all of them, or none: where one fails the others are stopped, and the failure is thrown. */
async function startAll(starting: readonly Promise<Service>[]): Promise<Service[]> {
  const results = await Promise.allSettled(starting);
  const services = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return services;
  await stopAll(services);
  throw failed.reason;
}

/** Starts a PostgreSQL and a Redis, or takes those of TEST_DATABASE_URL and TEST_REDIS_URL, and makes the template. */
export async function startServices(): Promise<Services> {
  const { TEST_DATABASE_URL, TEST_REDIS_URL } = process.env;
  const services = await startAll([
    TEST_DATABASE_URL ? Promise.resolve(serviceAt(TEST_DATABASE_URL)) : startPostgres(),
    TEST_REDIS_URL ? Promise.resolve(serviceAt(TEST_REDIS_URL)) : startRedisServer(),
  ]);
  const [postgres, redis] = services as [Service, Service];
  const template = `taskapp_template_${randomBytes(5).toString('hex')}`;
  const stop = async (): Promise<void> => {
    try {
      await dropDatabases(postgres.url, template);
    } finally {
      await stopAll(services);
    }
  };
  try {
    await createTemplate(postgres.url, template);
  } catch (error) {
    await stop();
    throw error;
  }
  return { environment: { TEST_DATABASE_URL: postgres.url, TEST_TEMPLATE: template, TEST_REDIS_URL: redis.url }, stop };
}
