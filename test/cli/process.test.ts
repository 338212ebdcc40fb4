import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openSecrets, secretsFileOf } from '../../packages/cli/src/connection/secrets-file.ts';
import { atEnd } from '../support/cleanup.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'packages/cli/src/main.ts');
const tsx = import.meta.resolve('tsx');

let cwd: string;

before(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'taskctl-'));
  atEnd(() => rm(cwd, { recursive: true, force: true, maxRetries: 5 }));
});

/** The real program, from the sources, with its data in a folder of this test. */
function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--conditions=source', '--import', tsx, main, ...argv], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
  });
  return { child, stderr: text(child.stderr), exit: exitOf(child) };
}

async function exitOf(child: ChildProcess): Promise<number | string> {
  const [code, signal] = await once(child, 'exit');
  return code ?? signal;
}

async function run(argv: readonly string[], env?: Readonly<Record<string, string>>) {
  const { child, stderr, exit } = start(argv, env);
  child.stdin.end();
  const [code, stdout, said] = await Promise.all([exit, text(child.stdout), stderr]);
  return { code, stdout, stderr: said };
}

test('the program prints its help and its version, and exits with the code', async () => {
  const help = await run(['--help']);
  assert.deepEqual([help.code, help.stderr], [0, '']);
  assert.match(help.stdout, /^Usage: taskctl/);
  const { version } = JSON.parse(await readFile(join(root, 'packages/cli/package.json'), 'utf8'));
  assert.deepEqual(await run(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
  assert.equal((await run(['nothing'])).code, 2);
});

test('nothing but the result is ever on stdout, also when the driver complains', async () => {
  const { code, stdout } = await run(['ls', '--json'], { DATABASE_URL: 'postgres://127.0.0.1:1/none' });
  assert.deepEqual([code, stdout], [9, '']);
});

test('a reader that goes away ends the command quietly', async () => {
  const { child, stderr, exit } = start(['--help']);
  child.stdout.destroy();
  assert.deepEqual([await exit, await stderr], [0, '']);
});

test('SIGINT ends a command that waits for the database with 130, and leaves stdout empty', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const { child, stderr, exit } = start(['ls', '--json'], { DATABASE_URL: `postgres://127.0.0.1:${port}/none` });
  const [socket] = await once(silent, 'connection');
  child.kill('SIGINT');
  assert.deepEqual([await exit, await text(child.stdout), await stderr], [130, '', '']);
  socket.destroy();
  silent.close();
});

test('serve runs the API on a PostgreSQL of its own, commands join it, and SIGTERM ends both', async () => {
  const { child, stderr, exit } = start(['serve', '--json'], { PORT: '0', HOST: '127.0.0.1' });
  const [line] = await Promise.race([once(child.stdout, 'data'), exit.then(() => ['{}'])]);
  const { api, docs, data } = JSON.parse(String(line));
  assert.ok(api, await Promise.race([stderr, 'no address']));
  assert.equal(data, join(cwd, '.taskapp'));
  const health = await fetch(new URL('/health', api));
  assert.equal(health.status, 200);
  assert.equal(docs, new URL('/docs', api).href);
  const listed = await run(['user', 'list', '--json']);
  assert.deepEqual(listed, { code: 0, stdout: '[]\n', stderr: 'Nothing found\n' });
  assert.equal((await stat(secretsFileOf(data))).mode & 0o777, 0o600);
  child.kill('SIGTERM');
  assert.equal(await exit, 0);
  assert.match(await stderr, /taskapp answers at http:\/\/127\.0\.0\.1:\d+\/api\n/);
  await assert.rejects(fetch(api));
});

test('serve --workers runs several on one PostgreSQL, says so once, and SIGTERM ends all of it', async () => {
  const { child, stderr, exit } = start(['serve', '--json', '--workers', '2'], {
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_FORMAT: 'json',
    WORKERS: '7',
  });
  const [line] = await Promise.race([once(child.stdout, 'data'), exit.then(() => ['{}'])]);
  const { api } = JSON.parse(String(line));
  assert.ok(api, await Promise.race([stderr, 'no address']));
  for (let n = 0; n < 4; n += 1) {
    const answer = await fetch(new URL('/readyz', api), { headers: { connection: 'close' } });
    assert.equal(answer.status, 200);
  }
  child.kill('SIGTERM');
  assert.equal(await exit, 0);
  const log = await stderr;
  assert.equal(log.match(/taskapp answers at/g)?.length, 1);
  assert.deepEqual([...log.matchAll(/"message":"Listening","worker":(\d)/g)].map(([, worker]) => worker).sort(), [
    '1',
    '2',
  ]);
  assert.match(log, /Without REDIS_URL each worker/);
  await assert.rejects(fetch(api));
});

test('serve refuses a number of workers that is none, and a port that is taken, like one process', async () => {
  for (const workers of ['0', 'two', '1.5', '257']) {
    const { code, stdout, stderr } = await run(['serve', '--workers', workers]);
    assert.deepEqual([code, stdout], [2, ''], workers);
    assert.match(stderr, /WORKERS must be auto or a whole number from 1 to 256/);
  }
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { code, stderr } = await run(['serve', '--workers', '2'], { PORT: `${port}`, HOST: '127.0.0.1' });
  taken.close();
  assert.equal(code, 9);
  assert.match(stderr, new RegExp(`Port ${port} is in use; set PORT to another one \\(server.port_in_use\\)`));
});

test('secrets made by many at once are the same for all, readable by the owner only', async () => {
  const directory = join(cwd, 'many');
  const pairs = await Promise.all(Array.from({ length: 20 }, () => openSecrets(directory)));
  assert.equal(new Set(pairs.map((pair) => JSON.stringify(pair))).size, 1);
  const { JWT_ACCESS_SECRET = '', JWT_REFRESH_SECRET = '' } = { ...pairs[0] };
  assert.notEqual(JWT_ACCESS_SECRET, JWT_REFRESH_SECRET);
  assert.ok(Buffer.byteLength(JWT_ACCESS_SECRET) >= 32 && Buffer.byteLength(JWT_REFRESH_SECRET) >= 32);
  assert.deepEqual(await readdir(directory), ['secrets.json']);
  assert.equal((await stat(secretsFileOf(directory))).mode & 0o777, 0o600);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
});
