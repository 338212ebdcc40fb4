import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openEmbeddedPostgres } from '../../packages/cli/src/embedded/embedded.ts';
import {
  addRow,
  countRows,
  eventually,
  isAlive,
  kill,
  opened,
  pidIn,
  ps,
  query,
  spawnOpener,
  temporaryDirectory,
} from '../support/embedded.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('the first start makes a safe server that only this machine and its password can enter', async () => {
  const directory = join(temporaryDirectory(), 'a');
  const lines: string[] = [];
  const postgres = await openEmbeddedPostgres({ directory, log: (line) => lines.push(line) });
  const pid = pidIn(directory)!;
  assert.equal(postgres.started, true);
  assert.equal(modeOf(directory) & 0o007, 0);
  assert.equal(modeOf(join(directory, 'postgres.password')), 0o600);
  assert.equal(ps(pid, 'pgid'), String(pid), "the terminal's Ctrl-C must not reach it");
  const names =
    "('fsync','full_page_writes','synchronous_commit','data_checksums','server_encoding','listen_addresses')";
  const settings = await query(postgres.url, `select name, setting from pg_settings where name in ${names}`);
  assert.deepEqual(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
    data_checksums: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '127.0.0.1',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
  });
  const [role] = await query(postgres.url, 'select rolsuper from pg_roles where rolname = current_user');
  assert.equal(role!.rolsuper, false);
  assert.equal((await query(postgres.adminUrl, 'show unix_socket_directories'))[0]!.unix_socket_directories, '');
  await assert.rejects(query(postgres.url.replace(/:[0-9a-f]{64}@/, ':wrong@'), 'select 1'), { code: '28P01' });
  const { password } = new URL(postgres.url);
  const told = [lines.join(), ps(pid, 'command'), readFileSync(join(directory, 'postgres.log'), 'utf8')].join('\n');
  for (const secret of [password, new URL(postgres.adminUrl).password]) assert.ok(!told.includes(secret));
  await postgres.release();
  await postgres.release();
  assert.equal(isAlive(pid), false);
});

test('a second start keeps the data, and takes less than two seconds', async () => {
  const directory = temporaryDirectory();
  const first = await openEmbeddedPostgres({ directory });
  await addRow(first.url);
  await first.release();
  const began = performance.now();
  const second = await openEmbeddedPostgres({ directory });
  assert.ok(performance.now() - began < 2000);
  assert.equal(second.started, true);
  assert.equal(await countRows(second.url), 1);
  await second.release();
});

test('a second process joins the server, and the last one out stops it', async () => {
  const directory = temporaryDirectory();
  const first = await openEmbeddedPostgres({ directory });
  const pid = pidIn(directory)!;
  const second = await opened(spawnOpener({ directory }));
  const killed = await opened(spawnOpener({ directory }));
  assert.deepEqual([second.started, second.url], [false, first.url]);
  await first.release();
  assert.equal(isAlive(pid), true);
  await addRow(second.url);
  await kill(killed.pid);
  await second.end();
  assert.equal(isAlive(pid), false, 'a killed process is no user');
  assert.equal(pidIn(directory), undefined, 'it was an orderly shutdown');
});

test('processes that start at the same moment on nothing share one server', async () => {
  const directory = temporaryDirectory();
  const openers = await Promise.all([1, 2, 3].map(() => opened(spawnOpener({ directory }))));
  assert.equal(openers.filter(({ started }) => started).length, 1);
  assert.equal(new Set(openers.map(({ url }) => url)).size, 1);
  const pid = pidIn(directory)!;
  await Promise.all(openers.map(({ end }) => end()));
  assert.equal(isAlive(pid), false);
});

test('openers and releasers that cross never lose the server they were given', async () => {
  const directory = temporaryDirectory();
  const useOnce = async (): Promise<void> => {
    const postgres = await openEmbeddedPostgres({ directory });
    await query(postgres.url, 'select 1').finally(() => postgres.release());
  };
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let round = 0; round < 5; round += 1) await useOnce();
    }),
  );
  assert.equal(pidIn(directory), undefined);
});

test('after kill -9 of the process that started it, the next one finds the rows', async () => {
  const directory = temporaryDirectory();
  const first = await opened(spawnOpener({ directory }));
  await addRow(first.url);
  await kill(first.pid);
  const next = await openEmbeddedPostgres({ directory });
  assert.equal(await countRows(next.url), 1);
  await next.release();
  assert.equal(pidIn(directory), undefined);
});

test('after kill -9 of PostgreSQL itself, acknowledged rows are there, on the port that pools know', async () => {
  const directory = temporaryDirectory();
  const first = await openEmbeddedPostgres({ directory });
  for (let row = 0; row < 20; row += 1) await addRow(first.url);
  await kill(pidIn(directory)!);
  const second = await openEmbeddedPostgres({ directory });
  assert.deepEqual([second.started, second.url], [true, first.url]);
  assert.equal(await countRows(second.url), 20);
  await kill(pidIn(directory)!);
  const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
  after(() => squatter.close());
  const third = await openEmbeddedPostgres({ directory });
  assert.notEqual(third.url, first.url);
  assert.equal(await countRows(third.url), 20);
  await Promise.all([first, second, third].map(({ release }) => release()));
  assert.equal(pidIn(directory), undefined);
});

test('an interrupted initdb leaves nothing that the next start stumbles over', async () => {
  const directory = temporaryDirectory();
  const child = spawnOpener({ directory });
  const staging = (): string | undefined => readdirSync(directory).find((name) => name.startsWith('postgres.new-'));
  await eventually(() => existsSync(join(directory, staging() ?? 'none', 'data/global')));
  await kill(child.pid!);
  assert.equal(existsSync(join(directory, 'postgres')), false);
  const postgres = await openEmbeddedPostgres({ directory });
  await addRow(postgres.url);
  await postgres.release();
  assert.equal(staging(), undefined);
});

test('a pid file, tickets and users whose pids now are others are seen through', async () => {
  const directory = temporaryDirectory();
  const first = await openEmbeddedPostgres({ directory });
  await addRow(first.url);
  const file = join(directory, 'postgres/postmaster.pid');
  const text = readFileSync(file, 'utf8');
  await first.release();
  const stranger = spawn('sleep', ['60']);
  after(() => stranger.kill('SIGKILL'));
  writeFileSync(file, text.replace(/^\d+/, String(stranger.pid)), { mode: 0o600 });
  const owner = statSync(join(directory, 'postgres'));
  chownSync(file, owner.uid, owner.gid);
  for (const entry of ['lock/ticket.1.', 'lock/choosing.0.', 'users/']) {
    writeFileSync(join(directory, `postgres.${entry}${stranger.pid}-1babc-0123456789ab`), '');
  }
  const second = await openEmbeddedPostgres({ directory });
  assert.deepEqual([second.started, await countRows(second.url)], [true, 1]);
  await second.release();
  assert.equal(pidIn(directory), undefined);
  assert.equal(isAlive(stranger.pid), true);
});

test('data of another version, files that are none, and lost data are refused and left alone', async () => {
  const directory = temporaryDirectory();
  const data = join(directory, 'postgres');
  mkdirSync(data);
  writeFileSync(join(data, 'notes.txt'), 'mine');
  await assert.rejects(openEmbeddedPostgres({ directory }), /holds files, but no PostgreSQL data/);
  writeFileSync(join(data, 'PG_VERSION'), '16\n');
  await assert.rejects(openEmbeddedPostgres({ directory }), /made by PostgreSQL 16.*pg_dump/s);
  assert.deepEqual(readdirSync(data).sort(), ['PG_VERSION', 'notes.txt']);
  rmSync(data, { recursive: true });
  symlinkSync(join(directory, 'elsewhere'), data);
  await assert.rejects(openEmbeddedPostgres({ directory }), /are gone: bring them back/);
});

test('a lost password file is replaced, a wrong one is named', async () => {
  const directory = temporaryDirectory();
  const first = await openEmbeddedPostgres({ directory });
  await addRow(first.url);
  await first.release();
  const file = join(directory, 'postgres.password');
  writeFileSync(file, 'wrong\n');
  await assert.rejects(openEmbeddedPostgres({ directory }), /remove the file postgres.password/);
  assert.equal(pidIn(directory), undefined);
  rmSync(file);
  const second = await openEmbeddedPostgres({ directory });
  assert.equal(await countRows(second.url), 1);
  await second.release();
});
