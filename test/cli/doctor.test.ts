import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { checkNode } from '../../packages/cli/src/doctor/machine.ts';
import { type CliSettings, createCli } from '../support/cli.ts';
import { emptyDatabase, settingOf } from '../support/database.ts';
import { createWorld, secrets } from '../support/world.ts';

interface Found {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix: string | null;
}

let good: Record<string, string>;

before(async () => {
  const { url } = await createWorld({ redis: null });
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

test('a sound machine passes every check', async () => {
  const found = await doctor({ REDIS_URL: settingOf('TEST_REDIS_URL') });
  for (const name of ['node', 'config', 'data folder', 'postgresql', 'clock', 'migrations', 'redis']) {
    assert.deepEqual(
      found(name).map(({ status }) => status),
      ['ok'],
      name,
    );
  }
  assert.equal(found('durability').length, 1);
  assert.equal(found('redis memory').length, 1);
  assert.match(found('postgresql')[0]?.detail ?? '', /^version \d+/);
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
  assert.match(stderr, /^taskctl: 1 of \d+ checks failed \(cli\.check_failed\)/);
});
