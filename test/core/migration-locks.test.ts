import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, migrate, migrationStatus, rollback } from '@taskapp/core';
import type { Knex } from 'knex';
import { untilUnblocked, withMigrationLock } from '../../packages/core/src/migration-lock.ts';
import { atEnd } from '../support/cleanup.ts';
import { emptyDatabase, testDatabase } from '../support/database.ts';
import { blockedBackend, hostTransaction, refused } from '../support/factories.ts';

const open = (url: string): Knex => {
  const db = connect(url);
  atEnd(() => db.destroy());
  return db;
};

/** Does `work` again and again until `stop`, which resolves with the longest time that it took, in ms. */
function repeat(work: () => PromiseLike<unknown>) {
  let isOver = false;
  const longest = (async () => {
    let longest = 0;
    for (; !isOver; await pause(5)) {
      const start = performance.now();
      await work();
      longest = Math.max(longest, performance.now() - start);
    }
    return longest;
  })();
  return {
    stop: () => {
      isOver = true;
      return longest;
    },
  };
}

const LONG_MS = 2500;
const ACCEPTABLE_MS = 1200;

test('a migration that waits for a long writer does not hold up the others for longer than it waits', async (t) => {
  const { db, url } = await emptyDatabase();
  const [first] = await migrate(open(url), { to: '0001_accounts' });
  assert.equal(first, '0001_accounts');
  const insert = (on: Knex, key: string) =>
    on('taskapp.users').insert({
      id: crypto.randomUUID(),
      email: `${key}@b.c`,
      email_key: key,
      name: 'A',
      password_hash: 'x',
    });
  const long = await hostTransaction(t, db);
  await insert(long, 'long');
  const writes = repeat(() => insert(db, `other-${crypto.randomUUID()}`));
  const reads = repeat(() => db('taskapp.users').first());
  const migrating = migrate(open(url));
  await blockedBackend(db);
  await pause(LONG_MS);
  await long.commit();
  await migrating;
  const [slowestWrite, slowestRead] = [await writes.stop(), await reads.stop()];
  assert.ok(slowestWrite < ACCEPTABLE_MS && slowestRead < ACCEPTABLE_MS, `${slowestWrite} ms, ${slowestRead} ms`);
  assert.deepEqual((await migrationStatus(db)).pending, []);
});

test('nor does one that needs a table for itself, while a long reader has it', async (t) => {
  const { db, url } = await testDatabase();
  const long = await hostTransaction(t, db);
  await long('taskapp.tasks').first();
  const reads = repeat(() =>
    db('taskapp.tasks')
      .first()
      .catch(() => undefined),
  );
  const undoing = rollback(open(url), { all: true });
  await blockedBackend(db);
  await pause(LONG_MS);
  await long.commit();
  assert.ok((await undoing).includes('0002_tasks'));
  const slowest = await reads.stop();
  assert.ok(slowest < ACCEPTABLE_MS, `${slowest} ms`);
});

test('a migration that never gets its locks gives up after ten more tries', async () => {
  let tries = 0;
  const blocked = () => {
    tries += 1;
    return Promise.reject(Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' }));
  };
  await refused(untilUnblocked(blocked, 1), 'migration.blocked');
  assert.equal(tries, 11);
  await assert.rejects(
    untilUnblocked(() => Promise.reject(Object.assign(new Error(), { code: '42P07' })), 1),
    { code: '42P07' },
  );
});

test('who waits for another migration in vain is told which backend has the lock, and the lock is per database', async (t) => {
  const { db, url } = await emptyDatabase();
  const holder = await hostTransaction(t, db);
  const { rows } = await holder.raw('select pg_backend_pid() as pid, pg_advisory_xact_lock(7236580114)');
  const { message, kind } = await refused(
    withMigrationLock(open(url), async () => 'done', 300),
    'migration.locked',
  );
  assert.deepEqual([kind, message.includes(`(PostgreSQL backend ${rows[0].pid})`)], ['unavailable', true]);
  const other = await emptyDatabase();
  assert.equal(await withMigrationLock(open(other.url), async () => 'done', 300), 'done');
  await holder.rollback();
  assert.equal(await withMigrationLock(open(url), async () => 'done', 300), 'done');
});

test('migrations of a newer version stay: migrating goes on around them, taking back is refused', async () => {
  const { db, url } = await testDatabase();
  await db('taskapp.migrations').insert({ name: '9999_later', batch: 9 });
  const { applied, unknown } = await migrationStatus(db);
  assert.deepEqual([unknown, applied.at(-1), await migrate(open(url))], [['9999_later'], '9999_later', []]);
  for (const all of [true, false]) {
    const { message } = await refused(rollback(open(url), { all }), 'migration.unknown');
    assert.match(message, /: 9999_later$/);
  }
  assert.deepEqual((await migrationStatus(db)).applied, applied);
});

test('migrations are taken back together or not at all', async () => {
  const { db, url } = await testDatabase();
  const { applied } = await migrationStatus(db);
  await db.raw('create view public.report as select id from taskapp.tasks');
  await assert.rejects(rollback(open(url), { all: true }), { code: '2BP01' });
  assert.deepEqual((await migrationStatus(db)).applied, applied);
  await db('taskapp.login_attempts');
});

test('a schema that is brought up to date or taken back leaves an event with who did it', async () => {
  const { db, url } = await emptyDatabase();
  await migrate(open(url), { to: '0003_events' });
  const later = await migrate(open(url), { reason: 'deploy 7' });
  const undone = await rollback(open(url), { reason: 'regret' });
  const events = await db('taskapp.events')
    .orderBy('id')
    .select('type', 'entity_type', 'entity_id', 'actor_reason', 'changes');
  const common = { entity_type: 'database', entity_id: null };
  assert.deepEqual(events, [
    { ...common, type: 'database.migrated', actor_reason: 'deploy 7', changes: { migrations: { to: later } } },
    { ...common, type: 'database.rolled_back', actor_reason: 'regret', changes: { migrations: { from: undone } } },
  ]);
});
