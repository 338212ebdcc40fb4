import { randomBytes } from 'node:crypto';
import knex, { type Knex } from 'knex';
import { createTaskApp } from './app.ts';
import type { HostedTaskAppOptions } from './hosted-options.ts';
import { migrate } from './migrations.ts';
import type { TaskAppOptions } from './options.ts';
import type { HostedTaskApp, TaskApp } from './task-app.ts';
import { createTestClock, type TestClock } from './testing/clock.ts';
import { createItemFactories, createUserFactory, type ItemFactories, type UserFactory } from './testing/factories.ts';
import { createThrowawayDatabase } from './testing/throwaway-database.ts';

export type { TestClock } from './testing/clock.ts';
export type { ItemFactories, TestUser, UserFactory } from './testing/factories.ts';

/** Where the tests run: on a database of their own, or on one that the host has made. */
export type TestDatabase =
  | {
      /** Any database of a server where the role may create databases; it is not touched itself. */
      readonly databaseUrl: string;
      /** Opens the host's kind of Knex on the new database; a plain one by default. Closed with the test app. */
      readonly open?: (url: string) => Knex;
    }
  | {
      /** The host's, which is migrated and otherwise left to the host: nothing is cleared, nothing closed. */
      readonly db: Knex;
    };

type Overrides<Options> = TestDatabase & { readonly [K in Exclude<keyof Options, 'db' | 'now'>]?: Options[K] };
export type TestAppOptions = Overrides<TaskAppOptions>;
export type HostedTestAppOptions = Overrides<Omit<HostedTaskAppOptions, 'users'>> & Pick<HostedTaskAppOptions, 'users'>;

interface TestAppBase<App> extends ItemFactories, AsyncDisposable {
  readonly app: App;
  readonly db: Knex;
  /** What tokens are aged by. All other times are those of PostgreSQL, which nobody moves. */
  readonly clock: TestClock;
  /** Closes the app and drops its database. Idempotent; `await using` calls it. */
  close(): Promise<void>;
}

/** An app for tests, with factories for what they need. */
export interface TestApp extends TestAppBase<TaskApp>, UserFactory {}

/** The same where accounts are the host's. */
export interface HostedTestApp extends TestAppBase<HostedTaskApp> {}

const UNLIMITED = 1_000_000;
const secret = () => randomBytes(32).toString('hex');

/** Fast where speed costs safety, and without limits that tests run into; everything else is as in production. */
const defaults = () => ({
  redis: null,
  secrets: { access: secret(), refresh: secret() },
  rateLimit: { ip: UNLIMITED, user: UNLIMITED, login: UNLIMITED },
});
const ACCOUNTS = {
  passwords: { cost: 4, workers: 1 },
  throttle: { perAccountAndIp: UNLIMITED, perIp: UNLIMITED, freeFailures: UNLIMITED, perDay: UNLIMITED },
};

/**
 * Makes an app for a host's tests on a real PostgreSQL, and everything that is gone again when it is closed. Any option of
 * `createTaskApp` may be given as well. It belongs to no test framework.
 *
 * @throws Error that says what the role lacks, TypeError for options that cannot work
 */
export function createTestApp(options: HostedTestAppOptions): Promise<HostedTestApp>;
export function createTestApp(options: TestAppOptions): Promise<TestApp>;
export async function createTestApp(options: TestAppOptions | HostedTestAppOptions): Promise<TestApp | HostedTestApp> {
  const { databaseUrl: _url, open: _open, ...given } = { databaseUrl: '', open: undefined, ...options };
  const clock = createTestClock();
  const { db, release } = await provideDatabase(options);
  try {
    const common = { ...defaults(), ...given, db, now: clock.now };
    const parts = 'users' in common ? createHosted(common) : createOwn({ ...ACCOUNTS, ...common });
    let closed: Promise<void> | undefined;
    const close = () => {
      closed ??= parts.app.close().then(release);
      return closed;
    };
    return { ...parts, db, clock, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await release();
    throw error;
  }
}

function createHosted(options: HostedTaskAppOptions) {
  const app = createTaskApp(options);
  return { app, ...createItemFactories(app) };
}

function createOwn(options: TaskAppOptions) {
  const app = createTaskApp(options);
  return { app, ...createItemFactories(app), ...createUserFactory(app) };
}

async function provideDatabase(options: TestDatabase): Promise<{ db: Knex; release: () => Promise<void> }> {
  if ('db' in options) {
    await migrate(options.db, { reason: 'createTestApp' });
    return { db: options.db, release: async () => undefined };
  }
  const { databaseUrl, open = (url) => knex({ client: 'pg', connection: url }) } = options;
  if (!URL.canParse(databaseUrl ?? '')) throw new TypeError('createTestApp needs db, or the databaseUrl of a server');
  const { url, drop } = await createThrowawayDatabase(databaseUrl);
  const db = open(url);
  return { db, release: () => db.destroy().then(drop) };
}
