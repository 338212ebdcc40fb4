import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, beforeEach, test } from 'node:test';
import { createHttpApp } from '@taskapp/http';
import { atEnd } from '../support/cleanup.ts';
import { type CliRun, type CliSettings, runTaskctl } from '../support/cli.ts';
import { answerWith, breakConnection, type FaultyServer, serveFaulty } from '../support/http-server.ts';
import { createWorld, PASSWORD, type World } from '../support/world.ts';

let world: World;
let server: FaultyServer;
let home: string;

before(async () => {
  // Nothing forgives a refresh token that is used twice.
  world = await createWorld({ redis: null, tokens: { refreshGraceSeconds: 0 } });
  server = await serveFaulty(createHttpApp(world.app).callback());
});

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taskctl-remote-'));
  home = folder;
  atEnd(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
});

/** taskctl on the server, without any database. */
const cli = (...args: readonly [CliSettings, ...string[]] | readonly string[]): Promise<CliRun> => {
  const [first, ...rest] = args;
  const settings = typeof first === 'object' ? first : {};
  const argv = (typeof first === 'object' ? rest : args) as readonly string[];
  const env = { XDG_CONFIG_HOME: home, TASKCTL_URL: server.url, ...settings.env };
  return runTaskctl(argv, { cwd: home, ...settings, env });
};

async function signIn() {
  const user = await world.user();
  const run = await cli({ stdin: PASSWORD }, 'auth', 'login', user.email, '--password-stdin', '--json');
  assert.equal(run.code, 0, run.stderr);
  return { user, run };
}

const credentials = async () => {
  const folder = join(home, 'taskctl', 'credentials');
  const names = (await readdir(folder).catch((): string[] => [])).filter((name) => name.endsWith('.json'));
  return names.map((name) => join(folder, name));
};

test('signing in keeps a session that later commands use, and signing out ends it on both sides', async () => {
  assert.equal((await cli('whoami')).code, 4);
  const { user, run } = await signIn();
  assert.deepEqual(run.json(), { user: { ...run.json<{ user: object }>().user, email: user.email } });
  const [file = ''] = await credentials();
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match((await cli('whoami')).stdout, new RegExp(`^${user.email} \\(USER\\) at ${server.url} `));
  assert.equal((await cli('auth', 'status', '--json')).json().email, user.email);
  const { id } = (await cli('add', 'Buy', 'milk', '--json')).json<{ id: string }>();
  assert.match((await cli('ls')).stdout, new RegExp(`^${id}  Buy milk`, 'm'));
  assert.equal((await cli('done', id.slice(-8), '--columns', 'status', '--no-headers')).stdout, 'DONE\n');
  const count = async () => (await user.as.auth.sessions()).sessions.length;
  const sessions = await count();
  const out = await cli('auth', 'logout');
  assert.deepEqual([out.code, out.stdout, out.stderr], [0, '', 'Signed out\n']);
  assert.deepEqual([await count(), await credentials()], [sessions - 1, []]);
  for (const argv of [['ls'], ['whoami'], ['auth', 'logout']]) assert.equal((await cli(...argv)).code, 4);
  assert.match((await cli('ls')).stderr, /Nobody is signed in at http.*\n.*taskctl auth login/);
});

test('at a terminal the e-mail and the password are asked for, elsewhere named', async () => {
  const { email } = await world.user();
  assert.equal((await cli({ typed: [email, PASSWORD] }, 'auth', 'login')).code, 0);
  assert.equal((await cli('whoami')).code, 0);
  const piped = await cli({ stdin: PASSWORD }, 'auth', 'login', '--password-stdin');
  assert.deepEqual([piped.code, /--email required/.test(piped.stderr)], [2, true]);
  assert.equal((await cli({ stdin: 'Wrong12345' }, 'auth', 'login', email, '--password-stdin')).code, 4);
});

test('profiles have sessions of their own, and no token reaches another server', async () => {
  await signIn();
  const other = await serveFaulty(createHttpApp(world.app).callback());
  const elsewhere = await cli('ls', '--url', other.url);
  assert.deepEqual([elsewhere.code, other.seen.length], [4, 0]);
  await cli('profile', 'add', 'second', `url=${server.url}`);
  assert.equal((await cli('ls', '-p', 'second')).code, 4);
  const { email } = await world.user();
  await cli({ stdin: PASSWORD }, 'auth', 'login', email, '--password-stdin', '-p', 'second');
  assert.equal((await cli('whoami', '--json', '-p', 'second')).json().email, email);
  assert.notEqual((await cli('whoami', '--json')).json().email, email);
  const removed = await cli('profile', 'remove', 'second');
  assert.match(removed.stderr, /sessions are forgotten/);
  assert.equal((await credentials()).length, 1);
});

test('processes that find the access token expired at once renew it once, and stay signed in', async () => {
  await signIn();
  const [file = ''] = await credentials();
  const tokens = JSON.parse(await readFile(file, 'utf8'));
  for (let round = 0; round < 2; round += 1) {
    const { refreshToken } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...tokens, refreshToken, accessToken: 'expired' }));
    server.forget();
    const runs = await Promise.all(Array.from({ length: 5 }, () => cli('ls', '--json')));
    assert.deepEqual(
      runs.map(({ code, stdout }) => [code, stdout]),
      runs.map(() => [0, '[]\n']),
      runs[0]?.stderr,
    );
    assert.equal(server.seen.filter(({ url }) => url.endsWith('/refresh')).length, 1);
  }
  assert.equal((await cli('whoami')).code, 0);
});

test('a session that was ended elsewhere is told, and forgotten', async () => {
  const { user } = await signIn();
  await user.as.auth.logoutAll({});
  const { code, stderr } = await cli('whoami');
  assert.equal(code, 4);
  assert.match(stderr, /auth\.refresh_invalid\)\n.*Sign in again/);
  assert.deepEqual(await credentials(), []);
});

test('credentials that others can read are refused', async () => {
  await signIn();
  const [file = ''] = await credentials();
  await writeFile(file, await readFile(file, 'utf8'));
  await chmod(file, 0o640);
  const { code, stderr } = await cli('ls');
  assert.equal(code, 2);
  assert.match(stderr, /can be read by other users[\s\S]*chmod 600/);
});

test('a token from the environment or stdin is used as it is, and signs nobody in', async () => {
  const { accessToken, email } = await world.user();
  const env = { TASKCTL_TOKEN: accessToken };
  assert.equal((await cli({ env }, 'whoami', '--json')).json().email, email);
  assert.equal((await cli({ stdin: `${accessToken}\n` }, 'whoami', '--token-stdin', '--json')).json().email, email);
  assert.equal((await cli({ stdin: 'a\nb\n' }, 'whoami', '--token-stdin')).code, 2);
  assert.equal((await cli({ stdin: `${accessToken}\n` }, 'done', '-', '--token-stdin')).code, 2);
  assert.equal((await cli({ env: { TASKCTL_TOKEN: 'old' } }, 'whoami')).code, 4);
  const login = await cli({ env, stdin: PASSWORD }, 'auth', 'login', email, '--password-stdin');
  assert.equal(login.code, 2);
  assert.match(login.stderr, /TASKCTL_TOKEN/);
  assert.deepEqual(await credentials(), []);
});

test('a folder cannot have the token of the shell sent to a server that it names', async () => {
  const { accessToken } = await world.user();
  await writeFile(join(home, '.env'), `TASKCTL_URL=${server.url}\n`);
  server.forget();
  const { code, stderr } = await cli({ env: { TASKCTL_URL: '', TASKCTL_TOKEN: accessToken } }, 'whoami');
  assert.deepEqual([code, server.seen.length], [2, 0], stderr);
  await writeFile(join(home, '.env'), `TASKCTL_URL=${server.url}\nTASKCTL_TOKEN=${accessToken}\n`);
  assert.equal((await cli({ env: { TASKCTL_URL: '' } }, 'whoami')).code, 0);
});

test('what the server answers is the exit code', async () => {
  const { user } = await signIn();
  const other = await world.user();
  const { id } = await other.as.tasks.create({ title: 'Private' });
  await user.as.tags.create({ name: 'taken' });
  for (const [expected, code, argv] of [
    [2, 'input.invalid', ['add', ' ']],
    [5, 'auth.admin_required', ['user', 'list']],
    [5, 'task.forbidden', ['task', 'get', id]],
    [6, 'task.not_found', ['task', 'get', 'nothing']],
    [7, 'tag.name_taken', ['tag', 'create', '--name', 'Taken']],
  ] as const) {
    const run = await cli(...argv, '--json');
    const { error } = JSON.parse(run.stderr);
    assert.deepEqual([run.code, error.code, run.stdout], [expected, code, ''], argv.join(' '));
    if (code !== 'input.invalid') assert.match(error.requestId, /^[\w-]{8,}$/);
  }
  for (const [expected, fault] of [
    [8, answerWith(429, { 'Retry-After': '600' })],
    [9, answerWith(500)],
    [9, answerWith(301, { Location: 'https://elsewhere.example' })],
    [9, answerWith(200)],
  ] as const) {
    server.fail(fault);
    assert.equal((await cli('ls')).code, expected);
  }
  server.fail(breakConnection, breakConnection);
  assert.equal((await cli('ls')).code, 0);
  assert.equal((await cli({ env: { TASKCTL_TOKEN: 'x' } }, 'ls', '--url', 'http://127.0.0.1:1')).code, 9);
});

test('what is only for a database, or only for a server, is refused', async () => {
  const commands = [['serve'], ['db', 'migrate'], ['db', 'status'], ['backup', 'x'], ['restore', 'x'], ['doctor']];
  for (const argv of commands) {
    const { code, stderr } = await cli(...argv, '--url', server.url);
    assert.equal(code, 2, argv.join(' '));
    assert.match(stderr, /works on the database/);
  }
  const status = await cli({ env: { DATABASE_URL: world.url } }, 'db', 'status');
  assert.equal(status.code, 0);
  assert.match(status.stderr, /On the database, not on http/);
  assert.equal((await cli({ env: { DATABASE_URL: world.url } }, 'ls', '--no-url')).code, 0);
  for (const settings of [{}, { env: { TASKCTL_AS: 'ada@example.com' } }]) {
    const as = 'env' in settings ? [] : ['--as', 'ada@example.com'];
    const { code, stderr } = await cli(settings, 'ls', ...as);
    assert.equal(code, 2);
    assert.match(stderr, /acts as who has signed in/);
  }
  assert.match(
    (await cli({ env: { TASKCTL_URL: '' } }, 'ls', '--token-stdin')).stderr,
    /--token-stdin is for a server/,
  );
});
