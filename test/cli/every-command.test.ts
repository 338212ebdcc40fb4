import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { before, test } from 'node:test';
import { operations } from '@taskapp/core';
import type { Command } from 'commander';
import { describeOperations } from '../../packages/cli/src/catalog/describe.ts';
import { runCli } from '../../packages/cli/src/index.ts';
import { createProgram } from '../../packages/cli/src/program.ts';
import type { Run } from '../../packages/cli/src/terminal/run.ts';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { emptyDatabase, testDatabase } from '../support/database.ts';
import { createWorld, PASSWORD, secrets, type TestUser, type World } from '../support/world.ts';

const catalog = describeOperations(operations);
const { access, refresh } = secrets();
const env = { JWT_ACCESS_SECRET: access, JWT_REFRESH_SECRET: refresh, BCRYPT_COST: '4' };

let world: World;
let cli: ReturnType<typeof createCli>;
let folder: string;

before(async () => {
  world = await createWorld({ redis: null });
  folder = await mkdtemp(join(tmpdir(), 'taskctl-every-'));
  atEnd(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  cli = createCli(world.url, { env: { ...env, XDG_CONFIG_HOME: folder } });
});

/** The words of every command that does something, as the program has them. */
function listCommands(): string[] {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const nouns = catalog.map(({ noun }) => noun);
  const program = createProgram({ io: { ...streams, env: {}, cwd: '/' } } as unknown as Run, catalog, nouns);
  const leaves = ({ commands }: Command, words: readonly string[]): string[] =>
    commands.flatMap((command) => {
      const path = [...words, command.name()];
      return command.commands.length > 0 ? leaves(command, path) : [path.join(' ')];
    });
  return leaves(program, []);
}

/** How a command is run so that it succeeds. */
interface Way {
  readonly argv?: readonly string[];
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  /** Exit codes that are as good as 0 here. */
  readonly codes?: readonly number[];
}

const email = () => `made-${Math.random()}@example.com`;

const account = (): Way => ({ argv: ['--email', email(), '--name', 'A', '--password-stdin'], stdin: PASSWORD });
const admin = ({ id }: TestUser) => world.app.as({ kind: 'user', userId: id, role: 'ADMIN' });
const task = async (user: TestUser) => (await admin(user).tasks.create({ title: 'One' })).id;
const tag = async (user: TestUser) => (await admin(user).tags.create({ name: `tag-${Math.random()}` })).id;
const other = async () => (await world.user()).id;

/** Ways of the operations; those that need nothing but a user have no entry. */
const WAYS: Readonly<Record<string, (user: TestUser) => Way | Promise<Way>>> = {
  'auth register': account,
  'auth login': (user) => ({ argv: ['--email', user.email, '--password-stdin'], stdin: PASSWORD }),
  'auth refresh': async (user) => ({ argv: ['--refresh-token-stdin'], stdin: await refreshToken(user) }),
  'auth logout': async (user) => ({ argv: ['--refresh-token-stdin'], stdin: await refreshToken(user) }),
  'auth change-password': () => ({
    argv: ['--current-password-stdin', '--new-password-stdin'],
    stdin: `${PASSWORD}\n${PASSWORD}\n`,
  }),
  'auth revoke-session': async (user) => ({ argv: [(await user.as.auth.sessions()).sessions[0]?.id ?? ''] }),
  'user remove-me': () => ({ argv: ['--current-password-stdin'], stdin: PASSWORD }),
  'user create': account,
  'user get': (user) => ({ argv: [user.email] }),
  'user update': async () => ({ argv: [await other(), '--no-disabled'] }),
  'user remove': async () => ({ argv: [await other()] }),
  'session list': (user) => ({ argv: [user.email] }),
  'session revoke': async () => ({ argv: [await other()] }),
  'task create': () => ({ argv: ['--title', 'T'] }),
  'task get': async (user) => ({ argv: [await task(user)] }),
  'task update': async (user) => ({ argv: [await task(user), '--no-due-date'] }),
  'task remove': async (user) => ({ argv: [await task(user)] }),
  'task quick-add': () => ({ argv: ['--text', 'Call tomorrow #new'] }),
  'task preview-quick-add': () => ({ argv: ['--text', 'Call tomorrow #new'] }),
  'task edit': async (user) => ({ argv: [await task(user)], env: { TASKCTL_EDITOR: 'sed -i.bak s/One/Two/' } }),
  'task import': () => ({ argv: ['-'], stdin: '[{"title":"Imported"}]' }),
  'tag create': () => ({ argv: ['--name', `t${Math.random()}`] }),
  'tag get': async (user) => ({ argv: [await tag(user)] }),
  'tag update': async (user) => ({ argv: [await tag(user), '--color', '#000000'] }),
  'tag remove': async (user) => ({ argv: [await tag(user)] }),
  add: () => ({ argv: ['Buy', 'milk'] }),
  done: async (user) => ({ argv: [await task(user)] }),
  rm: async (user) => ({ argv: [await task(user)] }),
};

/** The token of a login with the secrets that these commands have. */
async function refreshToken({ email: address }: TestUser): Promise<string> {
  const run = await cli({ stdin: PASSWORD }, 'auth', 'login', '--email', address, '--password-stdin', '--json');
  return String(run.json().refreshToken);
}

/** Ways of the commands that are no operations. */
async function otherWays(): Promise<Record<string, Way>> {
  const file = join(folder, 'backup.ndjson');
  const fresh = async () => ({ DATABASE_URL: (await testDatabase()).url });
  return {
    'db migrate': {},
    'db status': {},
    'db rollback': { env: await fresh() },
    'db seed': { env: await fresh() },
    backup: { argv: [file, '--force'] },
    restore: { argv: [file], env: { DATABASE_URL: (await emptyDatabase()).url } },
    // The tests' own PostgreSQL is none that a doctor lets pass.
    doctor: { codes: [10] },
    'secret generate': {},
    completion: { argv: ['bash'] },
    complete: { argv: ['task', 'up'] },
    'config list': {},
    'config get': { argv: ['output'] },
    'config set': { argv: ['output', 'wide'] },
    'config unset': { argv: ['output'] },
    'config path': {},
    'profile list': {},
    'profile use': { argv: ['default'] },
    'profile add': { argv: ['work', 'url=https://tasks.example.com'] },
    'profile remove': { argv: ['work'] },
    help: { argv: ['task', 'create'] },
  };
}

const listing = new Set(
  catalog.filter(({ output }) => output.kind === 'list').map(({ noun, verb }) => `${noun} ${verb}`),
);
/** Several things at once, or a list that is no operation's. */
for (const name of ['ls', 'done', 'rm', 'doctor', 'config list', 'profile list']) listing.add(name);
/** A terminal is told how many there were. */
listing.delete('task import');

test('with -o json every command prints one JSON value: an array for a list, else an object', async () => {
  const others = await otherWays();
  for (const name of listCommands().filter((words) => words !== 'serve')) {
    const user = await world.user({ role: 'ADMIN' });
    const { argv = [], stdin = '', env: own = {}, codes = [] }: Way = others[name] ?? (await WAYS[name]?.(user)) ?? {};
    const as = name in others ? [] : ['--as', user.email];
    const run = await cli({ stdin, env: own }, ...name.split(' '), ...argv, '-o', 'json', ...as);
    // auth logout-all and the like end the session of their call, which taskctl on a database has none of.
    const isRefused = run.code === 2 && JSON.parse(run.stderr).error.code === 'auth.session_required';
    if (isRefused) assert.deepEqual([name, run.stdout], ['auth logout-all', '']);
    else {
      assert.ok([0, ...codes].includes(run.code), `${name}, does it need an entry in this test? ${run.stderr}`);
      assert.equal(Array.isArray(run.json()), listing.has(name), name);
      assert.ok(typeof run.json() === 'object' && run.json() !== null, name);
    }
  }
});

test('so do lists of nothing', async () => {
  const { email: address } = await world.user();
  for (const words of ['task list', 'tag list', 'ls']) {
    for (const more of words === 'tag list' ? [[], ['--json=id']] : [[], ['--all'], ['--json=id']]) {
      assert.equal((await cli(...words.split(' '), ...more, '--json', '--as', address)).stdout, '[]\n', words);
    }
  }
});

test('so does a server, which says where it is', async () => {
  const ending = new AbortController();
  const stdout = new PassThrough();
  const settings = { ...env, DATABASE_URL: world.url, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'error' };
  const io = { stdin: new PassThrough(), stdout, stderr: new PassThrough(), env: settings, cwd: folder };
  const running = runCli(['serve', '-o', 'json'], { ...io, signal: ending.signal });
  let text = '';
  stdout.on('data', (chunk) => {
    text += chunk;
    ending.abort('SIGTERM');
  });
  await running;
  assert.match(JSON.parse(text).api, /^http:.*\/api$/);
});
