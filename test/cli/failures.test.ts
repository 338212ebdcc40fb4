import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { ERRORS } from '@taskapp/core';
import { EXIT_CODES_HELP, EXIT_OF_KIND } from '../../packages/cli/src/exit-codes.ts';
import { guessGlobals } from '../../packages/cli/src/terminal/globals.ts';
import { createCli, runTaskctl } from '../support/cli.ts';
import { createWorld, secrets, type World } from '../support/world.ts';

const NOWHERE = 'postgres://nobody:secret-word@127.0.0.1:1/none';

let world: World;
let cli: ReturnType<typeof createCli>;

before(async () => {
  world = await createWorld({ redis: null });
  cli = createCli(world.url);
});

test('the exit code tells the kind of failure', async () => {
  const user = await world.user();
  const other = await world.user();
  const { id } = await other.as.tasks.create({ title: 'Private' });
  await user.as.tags.create({ name: 'taken' });
  const as = ['--as', user.email];
  const expected: [number, string, string[]][] = [
    [2, 'input.invalid', ['add', ' ', ...as]],
    [2, 'cli.usage', ['task', 'list', '--nope']],
    [2, 'cli.usage', ['task', 'list', '--status', 'LATER']],
    [2, 'cli.usage', ['ls', '-o', 'toml']],
    [2, 'cli.usage', ['ls', 'surplus']],
    [4, 'cli.actor_unknown', ['ls', '--as', 'nobody@example.com']],
    [5, 'task.forbidden', ['task', 'get', id, ...as]],
    [6, 'task.not_found', ['task', 'get', 'nothing', ...as]],
    [7, 'tag.name_taken', ['tag', 'create', '--name', 'TAKEN', ...as]],
  ];
  for (const [exitCode, code, argv] of expected) {
    const run = await cli(...argv, '--json');
    assert.equal(run.stdout, '', code);
    const { error } = JSON.parse(run.stderr);
    assert.deepEqual([run.code, error.code], [exitCode, code], argv.join(' '));
    const people = await cli(...argv);
    assert.equal(people.code, exitCode);
    assert.match(people.stderr, new RegExp(`^taskctl: .*\\(${code}\\)$`, 'm'));
  }
});

test('every kind that the core knows has the code that the help promises', () => {
  const codes = [2, 4, 5, 6, 7, 8, 9];
  for (const { kind } of ERRORS) assert.ok(codes.includes(EXIT_OF_KIND[kind]), kind);
  assert.equal(EXIT_OF_KIND.rate_limited, 8);
  for (const code of [0, 1, ...codes, 3, 10, 11, 130]) assert.match(EXIT_CODES_HELP, new RegExp(`^ +${code}  `, 'm'));
});

test('a database that does not answer is unavailable, and its password stays secret', async () => {
  const { code, stderr, stdout } = await runTaskctl(['ls'], { env: { DATABASE_URL: NOWHERE } });
  assert.deepEqual([code, stdout], [9, '']);
  assert.match(
    stderr,
    /^taskctl: PostgreSQL cannot be reached: .*ECONNREFUSED.* \(database\.unavailable\)\n.*taskctl doctor/,
  );
  assert.doesNotMatch(stderr, /secret-word/);
  const refused = new URL(world.url);
  refused.password = 'secret-word';
  refused.username = 'nobody';
  const denied = await runTaskctl(['ls', '--debug'], { env: { DATABASE_URL: refused.href } });
  assert.equal(denied.code, 9, denied.stderr);
  assert.doesNotMatch(denied.stderr, /secret-word/);
});

test('a configuration that is not usable names every problem and no value', async () => {
  const env = { DATABASE_URL: 'mysql://secret-word', BCRYPT_COST: 'secret-word', JWT_ACCESS_SECRET: 'secret-word' };
  const { code, stderr } = await runTaskctl(['ls'], { env });
  assert.equal(code, 2);
  for (const name of Object.keys(env)) assert.match(stderr, new RegExp(`^ {2}${name} must`, 'm'));
  assert.doesNotMatch(stderr, /secret-word/);
});

test('serve with DATABASE_URL insists on secrets', async () => {
  const { code, stderr } = await cli('serve');
  assert.equal(code, 2);
  assert.match(stderr, /JWT_ACCESS_SECRET is missing[\s\S]*JWT_REFRESH_SECRET is missing/);
});

test('.env of the working directory is read, and the environment wins over it', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'taskctl-'));
  try {
    const user = await world.user();
    await writeFile(join(cwd, '.env'), `DATABASE_URL=${world.url}\nTASKCTL_AS=${user.email}\n`);
    assert.equal((await runTaskctl(['user', 'get', user.email], { cwd })).code, 5);
    assert.equal((await runTaskctl(['user', 'get', user.email], { cwd, env: { DATABASE_URL: NOWHERE } })).code, 9);
    const { access } = secrets();
    await writeFile(join(cwd, 'url'), `${world.url}\n`);
    const env = { DATABASE_URL_FILE: join(cwd, 'url'), JWT_ACCESS_SECRET: access };
    await writeFile(join(cwd, '.env'), '');
    assert.equal((await runTaskctl(['ls'], { cwd, env })).code, 0);
  } finally {
    await rm(cwd, { recursive: true });
  }
});

test('a signal that arrives while a command runs ends it with 130 or 143', async () => {
  for (const [reason, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const ending = new AbortController();
    const running = cli({ signal: ending.signal }, 'ls');
    ending.abort(reason);
    const { code, stdout, stderr } = await running;
    assert.deepEqual([code, stdout, stderr], [expected, '', '']);
  }
});

test('errors found before all options are understood are in the form that was asked for', () => {
  for (const argv of [
    ['-o', 'json'],
    ['-oyaml'],
    ['--output=ndjson'],
    ['ls', '--output', 'json'],
    ['--json'],
    ['--json=id'],
  ]) {
    assert.equal(guessGlobals(argv).format, 'json', argv.join(' '));
  }
  for (const argv of [['add', '--', '--json'], ['-o', 'csv'], ['-o']]) assert.equal(guessGlobals(argv).format, 'table');
});
