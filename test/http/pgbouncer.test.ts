import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, findMissingLimits, silent } from '@taskapp/core';
import { isStartError, loadConfig, startServer } from '@taskapp/http';
import { shareConnections } from '../../packages/http/src/workers/connection-share.ts';
import { urlOf } from '../support/admin.ts';
import { createCaller, register, spendDay } from '../support/api-user.ts';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { emptyDatabase, settingOf, type TestDatabase, testDatabase } from '../support/database.ts';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { secrets } from '../support/world.ts';

type Variables = Readonly<Record<string, string>>;

const { access, refresh } = secrets();
const basics = {
  HOST: '127.0.0.1',
  PORT: '0',
  BCRYPT_COST: '4',
  RATE_LIMIT_MAX: '100000',
  RATE_LIMIT_USER_MAX: '100000',
  RATE_LIMIT_LOGIN_MAX: '100000',
  JWT_ACCESS_SECRET: access,
  JWT_REFRESH_SECRET: refresh,
};
const pooler: PgBouncer = await startPgBouncer(settingOf('TEST_DATABASE_URL'));

const throughPooler = (url: string): string => urlOf(pooler.url, new URL(url).pathname.slice(1));
const configure = (url: string): Variables => ({
  ...basics,
  DATABASE_URL: throughPooler(url),
  DATABASE_DIRECT_URL: url,
  DATABASE_POOLER: 'true',
  DATABASE_PREPARED: 'false',
});

async function start(environment: Variables): Promise<string> {
  const server = await startServer({ config: loadConfig(environment), log: silent, databaseWaitMs: 1000 });
  atEnd(server.close);
  return server.url;
}

const refusalOf = async (environment: Variables): Promise<readonly [string, string]> => {
  const error = await start(environment).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isStartError(error), `${error}`);
  return [error.code, error.message];
};

/** What the administrator of a database does for its role before anything comes through the pooler. */
async function giveLimits({ db }: TestDatabase): Promise<void> {
  for (const command of await findMissingLimits(db)) await db.raw(command);
  await pooler.command('reconnect');
}

let pooled: TestDatabase;
before(async () => {
  pooled = await testDatabase();
  await giveLimits(pooled);
});

test('a pooler is named as such, and its role must have the time limits, or nothing starts', async () => {
  const database = await testDatabase();
  const environment = configure(database.url);
  const [code, message] = await refusalOf({ ...environment, DATABASE_POOLER: 'false' });
  assert.deepEqual(
    [code, message],
    ['server.database_refused', 'DATABASE_URL leads to a pooler: set DATABASE_POOLER=true'],
  );
  const [lacking, repair] = await refusalOf(environment);
  assert.equal(lacking, 'server.time_limits_missing');
  await database.db.raw(/`(.*)`/.exec(repair)?.[1] ?? '');
  await pooler.command('reconnect');
  assert.equal((await fetch(`${await start(environment)}/readyz`)).status, 200);
});

test('limits that are laxer than ours are missing, stricter ones are not', async () => {
  const { db, url } = await testDatabase();
  const name = new URL(url).pathname.slice(1);
  assert.equal((await findMissingLimits(db)).length, 3);
  for (const [value, missing] of [
    ['5001', 3],
    ['5000', 2],
    ['10', 2],
    ['0', 3],
  ] as const) {
    await db.raw(`alter role current_user in database ${name} set statement_timeout = ${value}`);
    await pooler.command('reconnect');
    const far = connect(throughPooler(url), { pooler: true, prepared: false });
    try {
      assert.equal((await findMissingLimits(far)).length, missing, value);
      if (value === '10') await assert.rejects(far.raw('select pg_sleep(3)'), { code: '57014' });
    } finally {
      await far.destroy();
    }
  }
});

for (const prepared of pooler.knowsStatements ? ['false', 'true'] : ['false']) {
  test(`many clients share few connections, DATABASE_PREPARED=${prepared}`, async () => {
    const base = await start({ ...configure(pooled.url), DATABASE_POOL_MAX: '20', DATABASE_PREPARED: prepared });
    const call = createCaller(base);
    await Promise.all(Array.from({ length: 12 }, () => spendDay(call)));
    const { rows } = await pooled.db.raw(`select count(*)::int as open from pg_stat_activity
      where datname = current_database() and application_name = 'taskapp'`);
    assert.ok(rows[0].open >= 1 && rows[0].open <= 4, `${rows[0].open} connections`);
  });
}

test('what was acknowledged is there once, what was refused is not, while backends and the pooler are killed', async () => {
  const call = createCaller(await start(configure(pooled.url)));
  const { token } = await register(call);
  const seen = new Map<string, string>();
  let isOver = false;
  const create = async (worker: number) => {
    for (let n = 0; !isOver; n += 1) {
      const title = `${worker}-${n}`;
      const { status, body } = await call('POST /tasks', { token, body: { title } });
      seen.set(title, status === 201 ? 'made' : body.code);
    }
  };
  const workers = Array.from({ length: 6 }, (_, worker) => create(worker));
  for (let round = 0; round < 30; round += 1) {
    await pause(50);
    if (round % 10 === 9) await pooler.crash();
    await pooled.db.raw(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'taskapp'`);
  }
  isOver = true;
  await Promise.all(workers);
  const stored: string[] = await pooled.db('taskapp.tasks').pluck('title');
  for (const [title, outcome] of seen) {
    const times = stored.filter((each) => each === title).length;
    if (outcome === 'made') assert.equal(times, 1, `${title} was acknowledged`);
    else if (outcome === 'database.commit_unknown') assert.ok(times <= 1, title);
    else assert.deepEqual([times, outcome], [0, 'database.unavailable'], `${title} was refused`);
  }
  const outcomes = [...seen.values()];
  assert.ok(outcomes.filter((outcome) => outcome === 'made').length > 20);
  assert.ok(
    outcomes.some((outcome) => outcome !== 'made'),
    'nothing was lost on the way',
  );
  assert.equal((await call('POST /tasks', { token, body: { title: 'after' } })).status, 201);
});

test('who waits too long for a connection of the pooler is told so in time', async () => {
  const call = createCaller(await start(configure(pooled.url)));
  const { token } = await register(call);
  const holder = connect(throughPooler(pooled.url), { pooler: true, prepared: false });
  const transactions = await Promise.all(Array.from({ length: 4 }, () => holder.transaction()));
  await Promise.all(transactions.map((trx) => trx.raw('select 1')));
  const begin = performance.now();
  const answers = await Promise.all([
    call('GET /tasks', { token }),
    call('POST /tasks', { token, body: { title: 'x' } }),
  ]);
  const ms = performance.now() - begin;
  await Promise.all(transactions.map((trx) => trx.rollback()));
  await holder.destroy();
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.code]),
    [
      [503, 'database.unavailable'],
      [503, 'database.unavailable'],
    ],
  );
  assert.ok(ms > 1500 && ms < 7500, `${ms} ms`);
  assert.equal((await call('GET /tasks', { token })).body.pagination.total, 0);
});

test('what PostgreSQL takes does not limit the pools of workers in front of a pooler', async () => {
  const environment = { ...configure(pooled.url), WORKERS: '4', DATABASE_POOL_MAX: '500' };
  assert.equal(await shareConnections(loadConfig(environment)), 500);
  assert.ok((await shareConnections(loadConfig({ ...environment, DATABASE_POOLER: 'false' }))) < 100);
});

test('taskctl goes around the pooler, and its doctor says what is wrong with it', async () => {
  const database = await emptyDatabase();
  const taskctl = createCli('', { env: configure(database.url) });
  const migrated = await taskctl('db', 'migrate');
  assert.equal(migrated.code, 0, migrated.stderr);
  const created = await taskctl('user', 'list', '--json');
  assert.deepEqual([created.code, created.json()], [0, []], created.stderr);
  const doctor = async (env: Variables = {}) => {
    const checks = (await taskctl({ env }, 'doctor', '--json')).json<{ name: string; status: string; fix: string }[]>();
    return Object.fromEntries(checks.map(({ name, ...check }) => [name, check]));
  };
  const lacking = (await doctor())['time limits'];
  assert.equal(lacking?.status, 'fail');
  await database.db.raw(/: (alter.*);/.exec(lacking.fix)?.[1] ?? '');
  await pooler.command('reconnect');
  const sound = await doctor();
  assert.deepEqual(
    [sound['time limits']?.status, sound.postgresql?.status, sound['direct connection']],
    ['ok', 'ok', undefined],
  );
  const { DATABASE_URL } = configure(database.url);
  assert.equal((await doctor({ DATABASE_DIRECT_URL: DATABASE_URL ?? '' })).postgresql?.status, 'fail');
  const statements = (await doctor({ DATABASE_PREPARED: 'true' }))['prepared statements'];
  assert.equal(statements?.status, pooler.knowsStatements ? undefined : 'fail');
});
