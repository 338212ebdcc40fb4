import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seed } from '@taskapp/core';
import type { Knex } from 'knex';
import { migrationConfig } from '../../packages/core/src/migrations.ts';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { emptyDatabase, testDatabase } from '../support/database.ts';
import { createWorld, SYSTEM, type World } from '../support/world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NO_TOOLS = { PATH: '/nowhere' };
const MANY = 40_000;

let world: World;
let cwd: string;
let ndjson: string;

const write = (name: string, data: string | Buffer) => writeFileSync(join(cwd, name), data);
const read = (name: string) => readFileSync(join(cwd, name), 'utf8');
const cliOf = (url: string, env: Record<string, string> = NO_TOOLS) => createCli(url, { cwd, env });

async function tableNames(db: Knex): Promise<string[]> {
  const { rows } = await db.raw(`select tablename from pg_tables where schemaname = 'taskapp'
    and tablename not in ('migrations', 'migrations_lock') order by 1`);
  return rows.map(({ tablename }: { tablename: string }) => tablename);
}

/** Every row of every table, as PostgreSQL writes it. */
async function contents(db: Knex): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const name of await tableNames(db)) {
    const { rows } = await db.raw('select t::text as row from taskapp.?? t order by 1', [name]);
    found[name] = rows.map(({ row }: { row: string }) => row);
  }
  return found;
}

const countAll = async (db: Knex) => Object.values(await contents(db)).flat().length;

before(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'taskctl-backup-'));
  atEnd(() => rmSync(cwd, { recursive: true, force: true }));
  world = await createWorld({ redis: null });
  await seed(world.db);
  const ada = await world.user();
  const tag = await ada.as.tags.create({ name: 'two\u2028lines' });
  const tricky = { title: '\\N "\u{1F600}\u2028{"end":', description: 'a\nb\tc\r', tagIds: [tag.id] };
  await ada.as.tasks.create(tricky);
  // Not every whole number of PostgreSQL is one of JavaScript.
  await world.db('taskapp.workspaces').where('owner_id', ada.id).update({ version: '9007199254740993' });
  await world.db.raw(`insert into taskapp.login_attempts values ('k', 1, 1, now(), '-infinity')`);
  await world.db.raw(`insert into taskapp.idempotency_keys values ('c', 'k', 'f', E'{"a":1.10,\\n"a":2}', 1)`);
  assert.equal((await cliOf(world.url)('backup', 'good.ndjson')).code, 0);
  ndjson = read('good.ndjson');
});

/** A file that was changed by somebody who knows how to make its checksum right again. */
function reseal(change: (lines: string[]) => void): string {
  const lines = ndjson.trimEnd().split('\n').slice(0, -1);
  change(lines);
  const body = lines.map((line) => `${line}\n`).join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  return `${body}${JSON.stringify({ end: { rows: lines.length - 1, sha256 } })}\n`;
}

test('what is restored is what was backed up, row by row, plain, packed and through a pipe', async () => {
  const expected = await contents(world.db);
  for (const [name, rows] of Object.entries(expected)) assert.ok(rows.length > 0, `${name} has a row to compare`);
  const total = Object.values(expected).flat().length;
  const made = await cliOf(world.url)('backup', 'b.gz', '--json');
  const { tables, ...report } = made.json<{ tables: Record<string, number> } & Record<string, unknown>>();
  const { size, mode } = statSync(join(cwd, 'b.gz'));
  assert.equal(mode & 0o777, 0o600);
  assert.deepEqual([report.format, report.rows, report.bytes], ['ndjson', total, size]);
  assert.deepEqual(Object.keys(tables).sort(), Object.keys(expected));
  assert.match(made.stderr, /^The backup holds hashes of passwords/);
  const piped = await cliOf(world.url)('backup', '-');
  assert.equal(piped.stdout.split('\n').slice(1, -2).join(), ndjson.split('\n').slice(1, -2).join());

  for (const [file, stdin] of [['good.ndjson', ''], ['b.gz', ''], ['-', piped.stdout]] as const) {
    const { db, url } = await emptyDatabase();
    const done = await cliOf(url)({ stdin }, 'restore', file, '--json');
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(await contents(db), expected);
    const { rows, migrated, revokedSessions } = done.json();
    assert.deepEqual([rows, migrated, revokedSessions, done.stderr], [total, [], null, '']);
  }
});

test('no file is replaced unasked, and a failure leaves none', async () => {
  const taken = await cliOf(world.url)('backup', 'good.ndjson');
  assert.deepEqual([taken.code, read('good.ndjson')], [7, ndjson]);
  write('old.ndjson', 'old');
  assert.equal((await cliOf(world.url)('backup', 'old.ndjson', '--force')).code, 0);
  assert.ok(read('old.ndjson').length > 1000);
  const nothing = await emptyDatabase();
  assert.equal((await cliOf(nothing.url)('backup', 'none.ndjson')).code, 9);
  assert.equal((await cliOf(nothing.url)('backup', 'missing/none.ndjson')).code, 2);
  assert.deepEqual(readdirSync(cwd).filter((name) => /none|partial/.test(name)), []);
});

test('stdout holds the result alone, and progress is only for a terminal', async () => {
  const quiet = await cliOf(world.url)('backup', 'p1.ndjson');
  assert.match(quiet.stdout, /^\d+ rows of \d{4}_\w+ are in p1\.ndjson \(ndjson\)\n$/);
  assert.doesNotMatch(quiet.stderr, /\r/);
  const shown = await cliOf(world.url)({ columns: 80 }, 'backup', 'p2.ndjson');
  assert.match(shown.stderr, /\rBacked up [\d,]+ of [\d,]+ rows/);
  assert.doesNotMatch(shown.stdout, /\r/);
  const terminal = await cliOf(world.url)({ columns: 80 }, 'backup', '-');
  assert.deepEqual([terminal.code, terminal.stdout], [2, '']);
});

test('a backup taken while others write is of one moment', async () => {
  const source = await createWorld({ redis: null });
  const users = await Promise.all([1, 2, 3].map(() => source.user()));
  let isOver = false;
  let written = 0;
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
  assert.equal((await cliOf(source.url)('backup', 'busy.ndjson')).code, 0);
  assert.ok(written > early, 'somebody wrote meanwhile');
  isOver = true;
  await Promise.all(writers);

  const { db, url } = await emptyDatabase();
  assert.equal((await cliOf(url)('restore', 'busy.ndjson')).code, 0);
  const { rows } = await db.raw(`
    select w.version::int as version, task_count as counted, (select count(*)::int from taskapp.tasks where workspace_id = w.id) as tasks,
      (select max(seq)::int from taskapp.events where workspace_id = w.id) as seq,
      (select count(*)::int from taskapp.events where workspace_id = w.id and type = 'task.created') as made,
      (select count(*)::int from taskapp.events where workspace_id = w.id and type = 'task.removed') as gone
    from taskapp.workspaces w`);
  assert.equal(rows.length, 3);
  for (const { version, seq, counted, tasks, made, gone } of rows) {
    assert.deepEqual([seq, counted, made - gone], [version, tasks, tasks]);
  }
  const lost = await db.raw(`select from taskapp.task_tags x where not exists (select from taskapp.tasks where id = task_id)
    or not exists (select from taskapp.tags where id = tag_id)`);
  assert.equal(lost.rows.length, 0);
});

test('a file that was cut off or changed is refused before anything is written', async () => {
  const { db, url } = await emptyDatabase();
  const lines = ndjson.split('\n');
  const packed = readFileSync(join(cwd, 'b.gz'));
  const bad: Record<string, string | Buffer> = {
    empty: '',
    foreign: 'SELECT 1;\n',
    cut: ndjson.slice(0, ndjson.length / 2),
    'without its end': lines.slice(0, -2).map((line) => `${line}\n`).join(''),
    'without its last byte': ndjson.slice(0, -1),
    'with a row less': [...lines.slice(0, 20), ...lines.slice(21)].join('\n'),
    'with other values': ndjson.replace('"role":"USER"', '"role":"ADMIN"'),
    'with more at the end': `${ndjson}${lines[1]}\n`,
    'with a row less, and a checksum made for it': reseal((all) => void all.splice(20, 1)),
    'with a value of another type': reseal((all) => void all.splice(1, 1, all[1]!.replace(/"id":"[^"]+"/, '"id":"x"'))),
    'of a newer schema': reseal((all) => void all.splice(0, 1, all[0]!.replace('"migrations":[', '"migrations":["9999_later",'))),
    'of a newer format': reseal((all) => void all.splice(0, 1, all[0]!.replace('"version":1', '"version":2'))),
    'packed, and cut': packed.subarray(0, packed.length - 20),
  };
  for (const [name, data] of Object.entries(bad)) {
    write('bad', data);
    const { code, stdout, stderr } = await cliOf(url)('restore', 'bad');
    assert.deepEqual([code, stdout], [10, ''], `${name}: ${stderr}`);
    assert.match(stderr, /Nothing was changed/, name);
    assert.equal(await countAll(db), 0, name);
    const { rows } = await db.raw(`select to_regnamespace('taskapp') as schema`);
    if (!name.includes('type')) assert.equal(rows[0].schema, null, name);
  }
});

test('a database that holds anything is refused and stays as it is', async () => {
  const target = await createWorld({ redis: null });
  await target.user();
  const was = await contents(target.db);
  const refused = await cliOf(target.url)('restore', 'good.ndjson');
  assert.deepEqual([refused.code, refused.stdout], [7, '']);
  assert.match(refused.stderr, /holds accounts already \(1\) \(cli\.not_empty\)/);
  assert.deepEqual(await contents(target.db), was);
  await target.db.raw('delete from taskapp.users');
  assert.match((await cliOf(target.url)('restore', 'good.ndjson')).stderr, /holds data already \(events: /);
});

test('an older backup is restored under its own schema and then migrated, also where a newer one is set up', async () => {
  const old = await testDatabase();
  await old.db.migrate.down(migrationConfig);
  const { applied } = (await cliOf(old.url)('db', 'status', '--json')).json<{ applied: string[] }>();
  await old.db.raw(`insert into taskapp.users (id, email, email_key, name, password_hash)
    values (gen_random_uuid(), 'a@b.c', 'a@b.c', 'Ada', 'x')`);
  assert.equal((await cliOf(old.url)('backup', 'older.ndjson')).code, 0);
  for (const target of [await emptyDatabase(), await testDatabase()]) {
    const done = (await cliOf(target.url)('restore', 'older.ndjson', '--json')).json<Record<string, string[]>>();
    assert.deepEqual([done.schemaVersion, done.migrated?.length], [applied.at(-1), 1]);
    const status = (await cliOf(target.url)('db', 'status', '--json')).json<Record<string, string[]>>();
    assert.deepEqual([status.applied?.length, status.pending], [applied.length + 1, []]);
    assert.equal(await countAll(target.db), 1);
  }
});

test('--revoke-sessions ends every session', async () => {
  const { db, url } = await emptyDatabase();
  const done = (await cliOf(url)('restore', 'good.ndjson', '--revoke-sessions', '--json')).json();
  const [{ open }] = await db('taskapp.sessions').whereNull('revoked_at').count('* as open');
  assert.ok(Number(done.revokedSessions) > 0);
  assert.equal(Number(open), 0);
});
