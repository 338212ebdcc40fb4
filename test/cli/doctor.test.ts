import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { INDEXES } from '../../packages/cli/src/doctor/indexes.ts';
import { checkNode } from '../../packages/cli/src/doctor/machine.ts';
import { checkClock, checkDurability, checkVersion } from '../../packages/cli/src/doctor/postgres.ts';
import { checkVersion as checkRedisVersion } from '../../packages/cli/src/doctor/redis.ts';
import { type CliSettings, createCli } from '../support/cli.ts';
import { emptyDatabase, testDatabase } from '../support/database.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { startRedis } from '../support/redis.ts';
import { createWorld, secrets } from '../support/world.ts';

interface Found {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix: string | null;
}

let good: Record<string, string>;
let db: Knex;

before(async () => {
  const world = await createWorld({ redis: null });
  const { url } = world;
  ({ db } = world);
  const { access, refresh } = secrets();
  good = { DATABASE_URL: url, JWT_ACCESS_SECRET: access, JWT_REFRESH_SECRET: refresh };
});

/** Runs `doctor`; its exit code always follows from what it found. */
async function doctor(env: Record<string, string>, settings: CliSettings = {}) {
  const run = await createCli('')({ ...settings, env: { ...good, ...env } }, 'doctor', '--json');
  const checks = run.json<Found[]>();
  assert.equal(run.code, checks.some(({ status }) => status === 'fail') ? 10 : 0, run.stderr);
  for (const { status, fix } of checks) assert.equal(fix === null, status === 'ok');
  return (name: string) => checks.filter((check) => check.name === name);
}

const statusesOf = async (env: Record<string, string>, ...names: string[]) => {
  const found = await doctor(env);
  return names.map((name) =>
    found(name)
      .map(({ status }) => status)
      .join(),
  );
};

test('a sound machine passes every check', async () => {
  const server = await startRedis();
  const redis = new Redis(server.url);
  await redis.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'volatile-lru');
  redis.disconnect();
  const directory = temporaryDirectory();
  const env = { DATABASE_URL: '', TASKAPP_DATA: directory, REDIS_URL: server.url };
  assert.equal((await createCli('')({ env }, 'ls')).code, 0);
  const run = await createCli('')({ env: { ...good, ...env } }, 'doctor', '--json');
  const statuses = run.json<Found[]>().map(({ name, status }) => `${name} ${status}`);
  const names = 'node,config,data folder,postgresql,durability,clock,migrations,indexes,redis,redis memory';
  assert.deepEqual([run.code, statuses], [0, names.split(',').map((name) => `${name} ok`)]);
});

test('a server that may lose what it confirms fails, or is warned about where no more than the last moment is at stake', async () => {
  const sound = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };
  const statusOf = (setting: object) => checkDurability({ ...sound, ...setting }).status;
  assert.equal(statusOf({}), 'ok');
  for (const value of ['local', 'off']) assert.equal(statusOf({ synchronous_commit: value }), 'warn');
  assert.deepEqual([statusOf({ fsync: 'off' }), statusOf({ full_page_writes: 'off' })], ['fail', 'fail']);
  const { rows } = await db.raw('show fsync');
  // The tests' own server trades safety for speed.
  if (rows[0].fsync === 'off') assert.deepEqual(await statusesOf({}, 'durability'), ['fail']);
});

test('a server that is too old, takes no changes, or has another time fails', () => {
  const current = { version: '14.0', version_number: 140_000, read_only: false };
  assert.equal(checkVersion(current).status, 'ok');
  assert.equal(checkVersion({ ...current, version: '13.9', version_number: 130_009 }).status, 'fail');
  assert.equal(checkVersion({ ...current, read_only: true }).status, 'fail');
  const clockAt = (now: number) => checkClock({ now, clock: 1_000_000 }).status;
  assert.deepEqual([998_000, 1_002_000, 997_999, 1_002_001].map(clockAt), ['ok', 'ok', 'fail', 'fail']);
  const redisAt = (redis_version: string) => checkRedisVersion({ redis_version }).status;
  assert.deepEqual(['6.2.0', '7.0.1', '6.0.16', '5.0.0'].map(redisAt), ['ok', 'ok', 'fail', 'fail']);
});

test('the list of indexes is what the migrations make', async () => {
  const rows = await db('pg_indexes').where({ schemaname: 'taskapp' }).orderBy('indexname').pluck('indexname');
  const made = rows.filter((name) => !name.startsWith('migrations'));
  assert.deepEqual([...INDEXES].sort(), made, 'put what a migration adds into packages/cli/src/doctor/indexes.ts');
});

test('an index that is missing or not valid fails, and the repair that is told works', async () => {
  const { db, url } = await testDatabase();
  const indexes = async () => (await doctor({ DATABASE_URL: url }))('indexes')[0];
  await db.raw('drop index taskapp.tasks_due_idx');
  assert.deepEqual([(await indexes())?.status, (await indexes())?.detail], ['fail', 'missing: tasks_due_idx']);
  await db.raw(`create index tasks_due_idx on taskapp.tasks (workspace_id, coalesce(due_date, 'infinity'), id)`);
  await db.raw(`update pg_index set indisvalid = false where indexrelid = 'taskapp.tasks_due_idx'::regclass`);
  const broken = await indexes();
  assert.deepEqual([broken?.status, broken?.detail], ['fail', 'not valid: tasks_due_idx']);
  await db.raw(broken?.fix?.replace('Run in psql: ', '') ?? '');
  assert.equal((await indexes())?.status, 'ok');
});

test('migrations of a newer version are warned about, and a schema that cannot be read fails', async () => {
  const { db, url } = await testDatabase();
  await db('taskapp.migrations').insert({ name: '9999_later', batch: 9 });
  assert.deepEqual(await statusesOf({ DATABASE_URL: url }, 'migrations', 'indexes'), ['warn', 'ok']);
  const role = `doctor_${randomBytes(4).toString('hex')}`;
  await db.raw(`create role ${role} login password 'x'`);
  const restricted = Object.assign(new URL(url), { username: role, password: 'x' }).href;
  try {
    const [migrations] = (await doctor({ DATABASE_URL: restricted }))('migrations');
    assert.equal(migrations?.status, 'fail');
    assert.match(migrations?.detail ?? '', /permission denied/);
  } finally {
    await db.raw(`drop role ${role}`);
  }
});

test('a Redis that drops the wrong things when it is full is warned about', async () => {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const env = { REDIS_URL: server.url };
  assert.deepEqual(await statusesOf(env, 'redis', 'redis memory'), ['ok', 'warn']);
  await redis.config('SET', 'maxmemory', '100mb');
  const expected = { noeviction: 'warn', 'allkeys-lru': 'warn', 'volatile-ttl': 'warn', 'volatile-lfu': 'ok' };
  for (const [policy, status] of Object.entries(expected)) {
    await redis.config('SET', 'maxmemory-policy', policy);
    assert.deepEqual(await statusesOf(env, 'redis memory'), [status], policy);
  }
  redis.disconnect();
});

test('secrets that are weak, equal or missing fail', async () => {
  const [equal] = (await doctor({ JWT_REFRESH_SECRET: good.JWT_ACCESS_SECRET ?? '' }))('config');
  assert.match(equal?.detail ?? '', /must differ/);
  const weak = (await doctor({ JWT_ACCESS_SECRET: 'short', JWT_REFRESH_SECRET: '' }))('config');
  assert.match(
    weak.map(({ detail }) => detail).join('\n'),
    /JWT_ACCESS_SECRET must be at least[\s\S]*JWT_REFRESH_SECRET is missing/,
  );
});

test('servers are checked although the rest of the configuration is not usable', async () => {
  const found = await doctor({ PORT: 'many' });
  assert.equal(found('config')[0]?.status, 'fail');
  assert.equal(found('postgresql')[0]?.status, 'ok');
});

test('a PostgreSQL that is absent or not migrated fails, with what to do', async () => {
  const absent = await doctor({ DATABASE_URL: 'postgres://127.0.0.1:1/none' });
  assert.deepEqual(absent('postgresql')[0], {
    status: 'fail',
    name: 'postgresql',
    detail: 'connect ECONNREFUSED 127.0.0.1:1',
    fix: 'Start PostgreSQL, or correct DATABASE_URL.',
  });
  const { url } = await emptyDatabase();
  const [pending] = (await doctor({ DATABASE_URL: url }))('migrations');
  assert.deepEqual([pending?.status, pending?.fix], ['fail', 'Run `taskctl db migrate`.']);
});

test('a Redis that is configured and absent fails', async () => {
  const [redis] = (await doctor({ REDIS_URL: 'redis://127.0.0.1:1' }))('redis');
  assert.deepEqual([redis?.status, redis?.detail], ['fail', 'connect ECONNREFUSED 127.0.0.1:1']);
});

test('generated secrets that others can read fail', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'taskctl-'));
  try {
    await writeFile(join(cwd, 'secrets.json'), '{}', { mode: 0o600 });
    assert.equal((await doctor({ TASKAPP_DATA: '.' }, { cwd }))('data folder')[0]?.status, 'ok');
    await chmod(join(cwd, 'secrets.json'), 0o644);
    assert.equal((await doctor({ TASKAPP_DATA: '.' }, { cwd }))('data folder')[0]?.status, 'fail');
    await chmod(cwd, 0o777);
    assert.equal((await doctor({ TASKAPP_DATA: '.' }, { cwd }))('data folder')[0]?.status, 'warn');
  } finally {
    await rm(cwd, { recursive: true });
  }
});

test('an old Node fails', () => {
  assert.equal(checkNode('20.18.3').status, 'fail');
  assert.equal(checkNode('18.20.0').status, 'fail');
  for (const version of ['20.19.0', '22.0.0', process.versions.node]) assert.equal(checkNode(version).status, 'ok');
});

test('people get a line a check, and what to do below it', async () => {
  const { code, stdout, stderr } = await createCli('')({ env: { ...good, PORT: 'x' } }, 'doctor');
  assert.equal(code, 10);
  assert.match(stdout, /^fail {2}config +PORT must be.*\n +Set the variable/m);
  assert.match(stderr, /^taskctl: \d+ of \d+ checks failed \(cli\.check_failed\)/);
});
