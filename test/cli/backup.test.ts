import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { seed } from '@taskapp/core';
import type { Knex } from 'knex';
import { migrationConfig } from '../../packages/core/src/migrations.ts';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { emptyDatabase, testDatabase } from '../support/database.ts';
import { createWorld, type World } from '../support/world.ts';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const NO_TOOLS = { PATH: '/nowhere' };

let world: World;
let cwd: string;
let ndjson: string;

const cliOf = (url: string, env: Record<string, string> = NO_TOOLS) => createCli(url, { cwd, env });

/** Every row of every table, as PostgreSQL writes it. */
async function contents(db: Knex): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const tables = await db.raw(`select tablename as name from pg_tables where schemaname = 'taskapp' order by 1`);
  for (const { name } of tables.rows.filter((table: { name: string }) => !table.name.startsWith('migrations'))) {
    const { rows } = await db.raw('select t::text as row from taskapp.?? t order by 1', [name]);
    found[name] = rows.map(({ row }: { row: string }) => row);
  }
  return found;
}

const rowsOf = async (db: Knex) => Object.values(await contents(db)).flat();

before(async () => {
  cwd = fs.mkdtempSync(join(tmpdir(), 'taskctl-backup-'));
  atEnd(() => fs.rmSync(cwd, { recursive: true, force: true }));
  world = await createWorld({ redis: null });
  await seed(world.db);
  const ada = await world.user();
  const tag = await ada.as.tags.create({ name: 'two\u2028lines' });
  await ada.as.tasks.create({ title: '\\N "\u{1F600}\u2028{"end":', description: 'a\nb\tc\r', tagIds: [tag.id] });
  // Not every whole number of PostgreSQL is one of JavaScript.
  await world.db('taskapp.workspaces').where('owner_id', ada.id).update({ version: '9007199254740993' });
  await world.db.raw(`insert into taskapp.login_attempts values ('k', 1, 1, now(), '-infinity')`);
  await world.db.raw(`insert into taskapp.idempotency_keys values ('c', 'k', 'f', E'{"a":1.10,\\n"a":2}', 1)`);
  assert.equal((await cliOf(world.url)('backup', 'good.ndjson')).code, 0);
  ndjson = fs.readFileSync(join(cwd, 'good.ndjson'), 'utf8');
});

/** A file that was changed by somebody who made its checksum right again. */
function reseal(change: (body: string) => string): string {
  const body = change(ndjson.slice(0, ndjson.indexOf('{"end":{"rows"')));
  const sha256 = createHash('sha256').update(body).digest('hex');
  return `${body}${JSON.stringify({ end: { rows: body.split('\n').length - 2, sha256 } })}\n`;
}

test('what is restored is what was backed up, row by row, plain, packed and through a pipe', async () => {
  const expected = await contents(world.db);
  for (const [name, rows] of Object.entries(expected)) assert.ok(rows.length > 0, `${name} has a row to compare`);
  const made = await cliOf(world.url)('backup', 'b.gz', '--json');
  const { format, rows, bytes } = made.json();
  const { size, mode } = fs.statSync(join(cwd, 'b.gz'));
  assert.deepEqual([format, rows, bytes, mode & 0o777], ['ndjson', (await rowsOf(world.db)).length, size, 0o600]);
  assert.match(made.stderr, /^The backup holds hashes of passwords/);
  const piped = await cliOf(world.url)('backup', '-');
  assert.equal(piped.stdout.split('\n').slice(1, -2).join(), ndjson.split('\n').slice(1, -2).join());

  for (const [file, stdin] of Object.entries({ 'good.ndjson': '', 'b.gz': '', '-': piped.stdout })) {
    const { db, url } = await emptyDatabase();
    const done = await cliOf(url)({ stdin }, 'restore', file, '--json');
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(await contents(db), expected);
    assert.deepEqual([done.json().rows, done.json().revokedSessions, done.stderr], [rows, null, '']);
  }
});

test('no file is replaced unasked, and a failure leaves none', async () => {
  const old = join(cwd, 'old.ndjson');
  fs.writeFileSync(old, 'old');
  assert.equal((await cliOf(world.url)('backup', old)).code, 7);
  assert.equal(fs.readFileSync(old, 'utf8'), 'old');
  assert.equal((await cliOf(world.url)('backup', old, '--force')).code, 0);
  assert.ok(fs.statSync(old).size > 1000);
  const { url } = await emptyDatabase();
  assert.equal((await cliOf(url)('backup', 'none.ndjson')).code, 9);
  assert.ok(!fs.readdirSync(cwd).some((name) => /none|partial/.test(name)));
});

test('stdout holds the result alone, and progress is only for a terminal', async () => {
  const piped = await cliOf(world.url)('backup', 'p1.ndjson');
  assert.match(piped.stdout, /^\d+ rows of \d{4}_\w+ are in p1\.ndjson \(ndjson\)\n$/);
  assert.doesNotMatch(piped.stderr, /\r/);
  const shown = await cliOf(world.url)({ columns: 80 }, 'backup', 'p2.ndjson');
  assert.deepEqual([/\rBacked up [\d,]+ of/.test(shown.stderr), shown.stdout.includes('\r')], [true, false]);
  assert.equal((await cliOf(world.url)({ columns: 80 }, 'backup', '-')).code, 2);
});

test('a backup taken while others write is of one moment', async () => {
  const source = await createWorld({ redis: null });
  const users = await Promise.all([1, 2, 3].map(() => source.user()));
  let [isOver, written] = [false, 0];
  const writers = users.map(async (user) => {
    for (let turn = 0; !isOver; turn += 1) {
      const tag = await user.as.tags.create({ name: `t${turn}` });
      const { id } = await user.as.tasks.create({ title: 'x', tagIds: [tag.id] });
      if (turn % 3 === 0) await user.as.tasks.remove({ id });
      written += 1;
    }
  });
  while (written < 60) await pause(5);
  const early = written;
  const [{ code }, late] = [await cliOf(source.url)('backup', 'busy.ndjson'), written];
  isOver = true;
  await Promise.all(writers);
  assert.deepEqual([code, late > early], [0, true]);

  const { db, url } = await emptyDatabase();
  assert.equal((await cliOf(url)('restore', 'busy.ndjson')).code, 0);
  const count = (table: string, where: string) =>
    `(select count(*)::int from taskapp.${table} where workspace_id = w.id and ${where})`;
  const { rows } = await db.raw(`select task_count as counted, ${count('tasks', 'true')} as tasks, version::int,
    ${count('events', `type = 'task.created'`)} - ${count('events', `type = 'task.removed'`)} as left,
    (select max(seq)::int from taskapp.events where workspace_id = w.id) as seq from taskapp.workspaces w`);
  assert.equal(rows.length, 3);
  for (const row of rows) assert.deepEqual([row.seq, row.counted, row.left], [row.version, row.tasks, row.tasks]);
  const isKept = 'task_id in (select id from taskapp.tasks) and tag_id in (select id from taskapp.tags)';
  assert.deepEqual(await db('taskapp.task_tags').whereRaw(`not (${isKept})`), []);
});

test('a file that was cut off or changed is refused before anything is written', async () => {
  const { db, url } = await emptyDatabase();
  const [header = '', first = ''] = ndjson.split('\n');
  const bad: [name: string, data: string | Buffer][] = [
    ['empty', ''],
    ['foreign', 'SELECT 1;\n'],
    ['cut', ndjson.slice(0, ndjson.length / 2)],
    ['without its end', ndjson.slice(0, ndjson.indexOf('{"end":{"rows"'))],
    ['without its last byte', ndjson.slice(0, -1)],
    ['with a row less', ndjson.replace(`${first}\n`, '')],
    ['with other values', ndjson.replace('"role":"USER"', '"role":"ADMIN"')],
    ['with more at the end', `${ndjson}${first}\n`],
    ['packed, and cut', gzipSync(ndjson).subarray(0, -20)],
    ['with a row less, and its checksum right', reseal((body) => body.replace(`${first}\n`, ''))],
    ['of a newer schema', reseal((body) => body.replace('"migrations":[', '"migrations":["9999_later",'))],
    ['of a newer format', ndjson.replace(header, header.replace('"version":1', '"version":2'))],
    ['with a value that does not fit', reseal((body) => body.replace('"role":"USER"', '"role":"GOD"'))],
  ];
  for (const [name, data] of bad) {
    fs.writeFileSync(join(cwd, 'bad'), data);
    const { code, stdout, stderr } = await cliOf(url)('restore', 'bad');
    assert.deepEqual([code, stdout], [10, ''], `${name}: ${stderr}`);
    assert.deepEqual(await rowsOf(db), [], name);
    const { rows } = await db.raw(`select to_regnamespace('taskapp') as schema`);
    if (!name.includes('fit')) assert.equal(rows[0].schema, null, name);
  }
});

test('sessions are ended on request, and a database that holds anything is refused and stays as it is', async () => {
  const { db, url } = await emptyDatabase();
  const done = (await cliOf(url)('restore', 'good.ndjson', '--revoke-sessions', '--json')).json();
  assert.deepEqual([done.revokedSessions, await db('taskapp.sessions').whereNull('revoked_at')], [1, []]);
  const was = await contents(db);
  const refused = await cliOf(url)('restore', 'good.ndjson');
  assert.deepEqual([refused.code, await contents(db)], [7, was]);
  assert.match(refused.stderr, /holds accounts already \(5\) \(cli\.not_empty\)/);
  await db.raw('delete from taskapp.users');
  assert.match((await cliOf(url)('restore', 'good.ndjson')).stderr, /holds data already \(events: /);
});

test('an older backup is restored under its schema and then migrated, also where a newer one is set up', async () => {
  const old = await testDatabase();
  await old.db.migrate.down(migrationConfig);
  const { applied } = (await cliOf(old.url)('db', 'status', '--json')).json<{ applied: string[] }>();
  await old.db.raw(`insert into taskapp.users (id, email, email_key, name, password_hash)
    values (gen_random_uuid(), 'a@b.c', 'a@b.c', 'Ada', 'x')`);
  assert.equal((await cliOf(old.url)('backup', 'older.ndjson')).code, 0);
  for (const target of [await emptyDatabase(), await testDatabase()]) {
    const done = (await cliOf(target.url)('restore', 'older.ndjson', '--json')).json<Record<string, string[]>>();
    assert.deepEqual([done.schemaVersion, done.migrated?.length], [applied.at(-1), 1]);
    assert.equal((await cliOf(target.url)('db', 'status', '--check')).code, 0);
    assert.equal((await target.db('taskapp.users')).length, 1);
  }
});

/** Runs the real program and kills it as soon as it is in the middle of its work. */
async function killMidway(url: string, args: readonly string[], isMidway: () => Promise<boolean>): Promise<void> {
  const options = ['--conditions=source', '--import', import.meta.resolve('tsx'), main, ...args];
  const child = spawn(process.execPath, options, { cwd, env: { ...NO_TOOLS, DATABASE_URL: url }, stdio: 'ignore' });
  const exit = once(child, 'exit');
  while (child.exitCode === null && !(await isMidway())) await pause(2);
  child.kill('SIGKILL');
  assert.deepEqual(await exit, [null, 'SIGKILL']);
}

test('kill -9 in the middle leaves no backup, or an empty database, and the next try works', async () => {
  const source = await createWorld({ redis: null });
  await source.user();
  await source.db.raw(`insert into taskapp.tasks (id, workspace_id, title, description)
    select gen_random_uuid(), w.id, 'x', repeat('y', 500) from taskapp.workspaces w, generate_series(1, 20000)`);
  const partial = () => fs.readdirSync(cwd).find((name) => name.startsWith('.many.ndjson.'));
  const isBegun = async () => fs.statSync(join(cwd, partial() ?? '.'), { throwIfNoEntry: false })!.size > 100_000;
  await killMidway(source.url, ['backup', 'many.ndjson'], isBegun);
  assert.ok(partial() && !fs.existsSync(join(cwd, 'many.ndjson')));
  assert.equal((await cliOf(source.url)('backup', 'many.ndjson')).code, 0);

  const { db, url } = await emptyDatabase();
  const sent = `datname = current_database() and query like 'insert into taskapp."tasks"%'`;
  const isLoading = async () => (await db.raw(`select from pg_stat_activity where ${sent}`)).rows.length > 0;
  await killMidway(url, ['restore', 'many.ndjson'], isLoading);
  assert.deepEqual(await rowsOf(db), []);
  assert.equal((await cliOf(url)('restore', 'many.ndjson')).code, 0);
  assert.deepEqual(await contents(db), await contents(source.db));
});

test('pg_dump makes the file where it can, with nothing secret in its arguments, and is refused where it cannot', async () => {
  const { server_version } = (await world.db.raw('show server_version')).rows[0];
  const found = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const cli = (url: string) => cliOf(url, { PATH: `${cwd}:${process.env.PATH}` });
  if (!(Number(/\d+/.exec(found)?.[0]) >= Number.parseInt(server_version, 10))) {
    const { code, stderr } = await cli(world.url)('backup', 'd.dump', '--format', 'pg_dump');
    assert.deepEqual([code, /^taskctl: pg_dump .*(PATH|older)/.test(stderr)], [2, true]);
    assert.match((await cli(world.url)('backup', 'd.dump')).stdout, /\(ndjson\)/);
    return;
  }
  for (const tool of ['pg_dump', 'pg_restore']) {
    const script = `#!/bin/sh\necho "$@" >> '${cwd}/log'\nPATH='${process.env.PATH}' exec ${tool} "$@"\n`;
    fs.writeFileSync(join(cwd, tool), script, { mode: 0o755 });
  }
  assert.equal((await cli(world.url)('backup', 'd.dump', '--json')).json().format, 'pg_dump');
  assert.equal(fs.statSync(join(cwd, 'd.dump')).mode & 0o777, 0o600);
  fs.writeFileSync(join(cwd, 'cut.dump'), fs.readFileSync(join(cwd, 'd.dump')).subarray(0, -2000));
  for (const { db, url } of [await emptyDatabase(), await testDatabase()]) {
    assert.equal((await cli(url)('restore', 'cut.dump')).code, 10);
    assert.deepEqual(await rowsOf(db), []);
    const done = await cli(url)('restore', 'd.dump', '--json');
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(await contents(db), await contents(world.db));
    assert.equal((await cli(url)('restore', 'd.dump')).code, 7);
  }
  const log = fs.readFileSync(join(cwd, 'log'), 'utf8');
  assert.ok(log.includes('--list') && !log.includes('://') && !log.includes(new URL(world.url).password));
});
