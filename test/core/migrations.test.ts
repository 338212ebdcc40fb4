import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, createTaskApp, migrate, migrationStatus, rollback } from '@taskapp/core';
import type { Knex } from 'knex';
import { atEnd } from '../support/cleanup.ts';
import { emptyDatabase } from '../support/database.ts';
import { blockedBackend, hostTransaction, refused } from '../support/factories.ts';
import { PASSWORD, SYSTEM, secrets } from '../support/world.ts';

const open = (url: string, poolMax = 10): Knex => {
  const db = connect(url, { poolMax });
  atEnd(() => db.destroy());
  return db;
};
const tablesOf = (db: Knex): Promise<string[]> =>
  db('pg_tables')
    .where({ schemaname: 'taskapp' })
    .whereNot('tablename', 'like', 'migrations%')
    .orderBy('tablename')
    .pluck('tablename');
const names = async () => {
  const { db } = await emptyDatabase();
  return (await migrationStatus(db)).pending;
};

/** Starts a process that calls one function of the library on a database and prints what it resolves with. */
function start(
  call: 'migrate' | 'migrationStatus',
  url: string,
  options = ['--conditions=source', '--import', 'tsx'],
): ChildProcess {
  const program = `import { connect, ${call} } from '@taskapp/core';
    const db = connect(process.argv[1]);
    console.log(JSON.stringify(await ${call}(db)));
    await db.destroy();`;
  const args = [...options, '--input-type=module', '--eval', program, url];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(() => child.kill('SIGKILL'));
  return child;
}
const resultOf = async (child: ChildProcess) => JSON.parse(await text(child.stdout!));

test('an empty database gets the whole schema once, in order, and works', async () => {
  const { db } = await emptyDatabase();
  const { applied, pending } = await migrationStatus(db);
  assert.deepEqual(applied, []);
  assert.ok(pending.length >= 3 && pending.every((name) => /^\d{4}_\w+$/.test(name)), String(pending));
  assert.deepEqual(pending, pending.toSorted());
  assert.deepEqual(await db('pg_namespace').where({ nspname: 'taskapp' }), [], 'asking makes nothing');
  assert.deepEqual(await migrate(db), pending);
  assert.deepEqual(await migrate(db), []);
  assert.deepEqual(await migrationStatus(db), { applied: pending, pending: [], unknown: [] });
  assert.deepEqual(await db('taskapp.events'), [], 'a new database is empty');
  const app = createTaskApp({ db, redis: null, secrets: secrets(), passwords: { cost: 4 } });
  atEnd(app.close);
  await app.auth.register({}, { email: 'a@example.com', password: PASSWORD, name: 'Ada' });
});

test('nothing of the schema is outside its own, and every constraint has a name given to it', async () => {
  const { db } = await emptyDatabase();
  const before = await db('pg_class').whereRaw("relnamespace = 'public'::regnamespace").pluck('relname');
  await migrate(db);
  assert.deepEqual(await db('pg_class').whereRaw("relnamespace = 'public'::regnamespace").pluck('relname'), before);
  const { rows } = await db.raw(`select conrelid::regclass::text as "table", conname as name from pg_constraint
    where connamespace = 'taskapp'::regnamespace and conrelid::regclass::text not like '%migrations%'`);
  assert.ok(rows.length > 20);
  for (const { table, name } of rows) assert.ok(name.startsWith(`${table.replace('taskapp.', '')}_`), name);
});

test('before it is migrated an app says what to do', async () => {
  const { db } = await emptyDatabase();
  const app = createTaskApp({ db, redis: null, secrets: secrets() });
  atEnd(app.close);
  const { message } = await refused(app.users.list({ actor: SYSTEM }), 'database.schema_outdated');
  assert.match(message, /taskctl db migrate/);
});

test('all of it goes back and comes again, on one connection as well', async () => {
  const { url } = await emptyDatabase();
  const db = open(url, 1);
  const all = await migrate(db);
  const tables = await tablesOf(db);
  assert.ok(tables.length >= 9, String(tables));
  assert.deepEqual(await rollback(db), all.toReversed());
  assert.deepEqual(await tablesOf(db), []);
  const types = await db('pg_type')
    .whereRaw("typnamespace = 'taskapp'::regnamespace and typtype = 'e'")
    .pluck('typname');
  assert.deepEqual([types, await rollback(db, { all: true }), await migrate(db)], [[], [], all]);
  assert.deepEqual(await tablesOf(db), tables);
});

test('of processes that migrate at once one works and the others wait for it', async () => {
  const { db, url } = await emptyDatabase();
  const results = await Promise.all([1, 2, 3].map(() => resultOf(start('migrate', url))));
  assert.deepEqual(results.map(({ length }) => length).sort(), [0, 0, (await migrationStatus(db)).applied.length]);
  assert.deepEqual((await migrationStatus(db)).pending, []);
});

test('who waits for a migration waits outside of it, in no lock of a table', async (t) => {
  const { db, url } = await emptyDatabase();
  await db.raw('create schema taskapp');
  const blocker = await hostTransaction(t, db);
  await blocker.raw("create type taskapp.task_status as enum ('IN THE WAY')");
  const first = migrate(open(url));
  await blockedBackend(db);
  const second = migrate(open(url));
  for (const end = Date.now() + 1500; Date.now() < end; await pause(20)) {
    const { rows } = await db.raw(`select pid from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    assert.ok(rows.length <= 1);
  }
  await blocker.rollback();
  assert.deepEqual([await first, await second], [await names(), []]);
});

test('a process killed in the middle leaves nothing to unlock', async (t) => {
  const { db, url } = await emptyDatabase();
  await db.raw('create schema taskapp');
  const blocker = await hostTransaction(t, db);
  await blocker.raw("create type taskapp.task_status as enum ('IN THE WAY')");
  const child = start('migrate', url);
  await blockedBackend(db);
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  await blocker.rollback();
  assert.deepEqual(await migrate(open(url)), await names());
  assert.deepEqual((await migrationStatus(db)).pending, []);
});

test('a migration that fails leaves nothing of itself, and the next run does it', async () => {
  const { url } = await emptyDatabase();
  const db = open(url);
  await db.raw("create schema taskapp; create type taskapp.task_status as enum ('IN THE WAY')");
  await assert.rejects(migrate(db), { code: '42710' });
  assert.deepEqual((await migrationStatus(db)).applied, []);
  await db.raw('drop type taskapp.task_status');
  assert.deepEqual(await migrate(db), await names());
});

test('a lock that Knex left in its table stops nothing', async () => {
  const { url } = await emptyDatabase();
  const db = open(url);
  const all = await migrate(db);
  const lock = () => db('taskapp.migrations_lock').update({ is_locked: 1 });
  await lock();
  assert.deepEqual(await rollback(db), all.toReversed());
  await lock();
  assert.deepEqual(await migrate(db), all);
});

test('the built package sees the same history as its sources', async () => {
  const { db, url } = await emptyDatabase();
  await migrate(db);
  const { applied, pending } = await resultOf(start('migrationStatus', url, []));
  assert.deepEqual([applied, pending], [await names(), []]);
});

test('a database that cannot be reached is unavailable', async () => {
  const db = open('postgres://nobody@127.0.0.1:1/nothing');
  await refused(migrationStatus(db), 'database.unavailable');
  await refused(migrate(db), 'database.unavailable');
});
