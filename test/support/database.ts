import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { administer, urlOf } from './admin.ts';
import { atEnd } from './cleanup.ts';

/** A database of the calling test file, gone after its tests. */
export interface TestDatabase {
  readonly db: Knex;
  readonly url: string;
}

const TEMPLATE_IN_USE = '55006';

/** The value that test/run.ts hands to every test file. */
export function settingOf(name: string): string {
  return process.env[name] ?? fail(`${name} is not set: run the tests with \`npm test\`, or node test/run.ts`);
}

function fail(message: string): never {
  throw new Error(message);
}

async function createDatabase(statement: string): Promise<void> {
  const serverUrl = settingOf('TEST_DATABASE_URL');
  for (let tries = 1; ; tries += 1) {
    const error = await administer(serverUrl, statement).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) return;
    const isBusy = error instanceof pg.DatabaseError && error.code === TEMPLATE_IN_USE;
    if (!isBusy || tries === 100) throw error;
    await pause(50 + Math.random() * 50);
  }
}

async function openDatabase(options: string): Promise<TestDatabase> {
  const serverUrl = settingOf('TEST_DATABASE_URL');
  const database = `${settingOf('TEST_TEMPLATE')}_${randomBytes(5).toString('hex')}`;
  await createDatabase(`create database ${database} ${options}`);
  const url = urlOf(serverUrl, database);
  const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: 10 } });
  atEnd(async () => {
    await db.destroy();
    await administer(serverUrl, `drop database if exists ${database} with (force)`);
  });
  return { db, url };
}

/** A fresh database with the app's schema, cloned from the template. */
export const testDatabase = (): Promise<TestDatabase> => openDatabase(`template ${settingOf('TEST_TEMPLATE')}`);

/** A fresh database with nothing in it, to migrate. */
export const emptyDatabase = (): Promise<TestDatabase> => openDatabase('template template0');
