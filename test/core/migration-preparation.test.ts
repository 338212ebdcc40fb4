import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, migrate } from '@taskapp/core';
import type { Knex } from 'knex';
import { atEnd } from '../support/cleanup.ts';
import { emptyDatabase, testDatabase } from '../support/database.ts';
import { blockedBackend, hostTransaction } from '../support/factories.ts';

const BEFORE = '0006_append_only_events';

const open = (url: string): Knex => {
  const db = connect(url);
  atEnd(() => db.destroy());
  return db;
};

const indexesOf = async (db: Knex): Promise<unknown[]> =>
  (
    await db.raw(`select indexdef, indisvalid from pg_indexes join pg_index on indexrelid = format('taskapp.%I', indexname)::regclass
      where schemaname = 'taskapp' order by indexname`)
  ).rows;

async function insertTask(db: Knex): Promise<void> {
  const [userId, workspaceId] = [randomUUID(), randomUUID()];
  await db('taskapp.users').insert({ id: userId, email: userId, email_key: userId, name: 'A', password_hash: 'x' });
  await db('taskapp.workspaces').insert({ id: workspaceId, owner_id: userId, name: 'P', personal: true });
  await db('taskapp.tasks').insert({ id: randomUUID(), workspace_id: workspaceId, title: 'one' });
}

test('a database with tasks gets the indexes of a new one, also where building them was broken off', async () => {
  const { db, url } = await emptyDatabase();
  await migrate(open(url), { to: BEFORE });
  await insertTask(db);
  await db.raw('create index tasks_due_idx_new on taskapp.tasks (id)');
  await db.raw(`update pg_index set indisvalid = false where indexrelid = 'taskapp.tasks_due_idx_new'::regclass`);
  await migrate(open(url));
  assert.deepEqual(await indexesOf(db), await indexesOf((await testDatabase()).db));
});

test('while an index waits for a long writer, others write on without any wait', async (t) => {
  const { db, url } = await emptyDatabase();
  await migrate(open(url), { to: BEFORE });
  await insertTask(db);
  const long = await hostTransaction(t, db);
  await long('taskapp.tasks').update({ title: 'long' });
  const migrating = migrate(open(url));
  const pid = await blockedBackend(db);
  for (let n = 0; n < 10; n += 1) {
    await insertTask(db);
    await pause(100);
  }
  const { rows } = await db.raw('select query from pg_stat_activity where pid = ?', [pid]);
  assert.match(rows[0].query, /create index concurrently/, 'it waits still, and is not tried again');
  await long.commit();
  await migrating;
  assert.equal((await db('taskapp.tasks').count())[0]?.count, '11');
});
