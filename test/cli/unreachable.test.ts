import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { hostTransaction } from '../support/factories.ts';
import { createWorld, type World } from '../support/world.ts';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const LIMIT_MS = 15_000;

let world: World;
before(async () => {
  world = await createWorld({ redis: null });
});

/** Listens for connections until the end of the tests; resolves with the URL of a database behind it. */
async function listen(onConnection: (socket: Socket) => void, target: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return Object.assign(new URL(target), { host: `127.0.0.1:${(server.address() as AddressInfo).port}` }).href;
}

/** Runs the real program, which has to end by itself and in time. */
async function runTaskctl(url: string, ...args: string[]) {
  const options = ['--conditions=source', '--import', import.meta.resolve('tsx'), main, ...args];
  const begin = performance.now();
  const child = spawn(process.execPath, options, {
    cwd: '/',
    env: { DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(() => child.kill('SIGKILL'));
  const [[code], stderr] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  const ms = performance.now() - begin;
  assert.ok(ms < LIMIT_MS, `${args.join(' ')} took ${ms} ms`);
  return { code, stderr };
}

test('a server that accepts connections and never answers is given up in time, with a clear line', async () => {
  const url = await listen(() => undefined, world.url);
  const commands = [
    ['task', 'list'],
    ['session', 'revoke', '--all'],
    ['db', 'migrate'],
    ['db', 'status'],
  ];
  const runs = await Promise.all(commands.map((argv) => runTaskctl(url, ...argv)));
  for (const { code, stderr } of runs) {
    assert.equal(code, 9, stderr);
    assert.match(stderr, /^taskctl: PostgreSQL cannot be reached: .+ \(database\.unavailable\)\n.*taskctl doctor/);
  }
  assert.equal((await runTaskctl(url, 'doctor')).code, 10);
});

test('a network that dies in the middle of a command is given up in time', async () => {
  let isDead = false;
  const { hostname, port } = new URL(world.url);
  const url = await listen((client) => {
    const server = connect(Number(port), hostname).on('error', () => undefined);
    client.on('close', () => server.destroy());
    server.on('data', (data) => isDead || client.write(data));
    client.on('data', (data) => {
      isDead ||= data.includes('taskapp.');
      if (!isDead) server.write(data);
    });
  }, world.url);
  const { code, stderr } = await runTaskctl(url, 'task', 'list');
  assert.equal(isDead, true);
  assert.equal(code, 9, stderr);
  assert.match(stderr, /^taskctl: Service unavailable \(database\.(unavailable|timeout)\)\nPostgreSQL /);
});

test('a database that takes no changes is read, and refuses the rest with the reason', async () => {
  const { email } = await world.user();
  const cli = createCli(world.url);
  const name = new URL(world.url).pathname.slice(1);
  await world.db.raw('alter database ?? set default_transaction_read_only = on', [name]);
  try {
    assert.equal((await cli('ls', '--as', email)).code, 0);
    const { code, stderr } = await cli('add', 'late', '--as', email);
    assert.equal(code, 9);
    assert.match(stderr, /^taskctl: Service unavailable \(database\.read_only\)\nPostgreSQL takes no changes/);
    assert.match((await cli('doctor')).stdout, /^fail +postgresql +it takes no changes/m);
    assert.equal((await cli('db', 'rollback')).code, 9);
  } finally {
    await world.db.raw('alter database ?? reset default_transaction_read_only', [name]);
  }
});

test('a table that somebody else has locked is waited for a moment and no longer', async (t) => {
  const host = await hostTransaction(t, world.db);
  await host.raw('lock table taskapp.tasks in access exclusive mode');
  const { code, stderr } = await runTaskctl(world.url, 'task', 'list');
  assert.equal(code, 7, stderr);
  assert.match(stderr, /\(database\.busy\)\nSomebody else has it locked/);
});
