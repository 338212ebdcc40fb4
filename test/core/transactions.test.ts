import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, createTaskApp } from '@taskapp/core';
import type { Knex } from 'knex';
import { translateDatabaseError } from '../../packages/core/src/kernel/database-errors.ts';
import { transaction } from '../../packages/core/src/kernel/transaction.ts';
import { atEnd } from '../support/cleanup.ts';
import { testDatabase } from '../support/database.ts';
import { codeOf, hostTransaction, refused, tally } from '../support/factories.ts';
import { type FaultyNetwork, startProxy } from '../support/proxy.ts';
import { createWorld, PASSWORD, secrets, type World } from '../support/world.ts';

let world: World;
let db: Knex;
let proxy: FaultyNetwork;

const open = (url: string, options: Parameters<typeof connect>[1] = {}): Knex => {
  const opened = connect(url, options);
  atEnd(() => opened.destroy());
  return opened;
};
const addNote = (trx: Knex, id: number, parent: number | null = null) => trx('notes').insert({ id, parent });
const notes = (): Promise<number[]> => db('notes').orderBy('id').pluck('id');
const pidOf = async (trx: Knex): Promise<number> => (await trx.raw('select pg_backend_pid() as pid')).rows[0].pid;

before(async () => {
  world = await createWorld();
  db = world.db;
  proxy = await startProxy(world.url);
  await db.raw(`create table notes (
    id integer primary key,
    parent integer references notes (id) deferrable initially deferred
  )`);
});
beforeEach(() => db('notes').delete());

test('resolves with the result of the work once it is committed', async () => {
  assert.equal(await transaction(db, (trx) => addNote(trx, 1).then(() => 'done')), 'done');
  assert.deepEqual(await notes(), [1]);
});

test('an error thrown by the work rolls back and passes through', async () => {
  const failing = transaction(db, async (trx) => {
    await addNote(trx, 1);
    throw new RangeError('no');
  });
  await assert.rejects(failing, RangeError);
  assert.deepEqual(await notes(), []);
});

test('a swallowed database error is no success', async () => {
  const swallowing = transaction(db, async (trx) => {
    await addNote(trx, 1);
    await addNote(trx, 1).catch(() => undefined);
    return 'done';
  });
  const error = await refused(swallowing, 'database.not_committed');
  assert.equal(error.retryAfter, 1);
  assert.deepEqual(await notes(), []);
});

test('a constraint that fails at COMMIT is no success', async () => {
  await assert.rejects(
    transaction(db, (trx) => addNote(trx, 1, 99)),
    { code: '23503' },
  );
  assert.deepEqual(await notes(), []);
});

test('a backend that ends before COMMIT is no success, and its connection is not used again', async () => {
  const narrow = open(world.url, { poolMax: 1 });
  for (let n = 0; n < 10; n += 1) {
    const killed = transaction(narrow, async (trx) => {
      await addNote(trx, 1);
      const pid = await pidOf(trx);
      await db.raw('select pg_terminate_backend(?)', [pid]);
      while ((await db.raw('select 1 from pg_stat_activity where pid = ?', [pid])).rowCount) await pause(5);
    });
    const code = await codeOf(killed.catch(translateDatabaseError));
    assert.ok(['database.unavailable', 'database.commit_unknown'].includes(code), code);
    assert.deepEqual(await narrow('notes').pluck('id'), []);
  }
});

test('a transaction that takes too long is undone, also between its statements and in its savepoints', async () => {
  const slowly = (work: (trx: Knex.Transaction) => Promise<unknown>) =>
    codeOf(
      transaction(
        db,
        async (trx) => {
          await addNote(trx, 1);
          await work(trx);
        },
        200,
      ).catch(translateDatabaseError),
    );
  const late = (trx: Knex) => pause(250).then(() => addNote(trx, 2));
  assert.equal(await slowly(() => pause(250)), 'database.timeout');
  assert.equal(await slowly(late), 'database.timeout');
  assert.equal(await slowly((trx) => transaction(trx, late)), 'database.timeout');
  assert.equal(await slowly((trx) => late(trx).catch(() => 'swallowed')), 'database.timeout');
  assert.deepEqual(await notes(), []);
  assert.equal(await slowly((trx) => addNote(trx, 2)), 'ok');
});

test('work that meets a deadlock runs again, and both sides succeed', async () => {
  await db('notes').insert([{ id: 1 }, { id: 2 }]);
  const lock = (trx: Knex, id: number) => trx('notes').where({ id }).forUpdate().first();
  let runs = 0;
  const cross = (mine: number, other: number) =>
    transaction(db, async (trx) => {
      await lock(trx, mine);
      runs += 1;
      while (runs < 2) await pause(1);
      await lock(trx, other);
      await addNote(trx, mine * 10);
    });
  await Promise.all([cross(1, 2), cross(2, 1)]);
  assert.deepEqual([runs, await notes()], [3, [1, 2, 10, 20]]);
});

test('a network that swallows everything costs the time limit once, not every query after it', async () => {
  const far = open(proxy.url, { poolMax: 1, statementTimeoutMs: 100 });
  await far.raw('select 1');
  proxy.freeze();
  await assert.rejects(far.raw('select 1'), /Query read timeout/);
  proxy.thaw();
  for (let n = 0; n < 20; n += 1) await far.raw('select 1');
});

test('on a host transaction a failure is undone alone, and the host decides about the rest', async (t) => {
  const host = await hostTransaction(t, db);
  await addNote(host, 1);
  await assert.rejects(
    transaction(host, async (trx) => {
      await addNote(trx, 2);
      await addNote(trx, 1);
    }),
    { code: '23505' },
  );
  await assert.rejects(
    transaction(host, (trx) => addNote(trx, 1).catch(() => 'swallowed')),
    { code: 'database.not_committed' },
  );
  await transaction(host, (trx) => addNote(trx, 3));
  await host.commit();
  assert.deepEqual(await notes(), [1, 3]);
});

test('calls that run at once on a host transaction do not undo each other', async (t) => {
  const host = await hostTransaction(t, db);
  await addNote(host, 100);
  const ids = [1, 100, 2, 100, 3, 100, 4];
  const settled = await Promise.allSettled(ids.map((id) => transaction(host, (trx) => addNote(trx, id))));
  await host.commit();
  assert.deepEqual(
    settled.map(({ status }) => status),
    ids.map((id) => (id === 100 ? 'rejected' : 'fulfilled')),
  );
  assert.deepEqual(await notes(), [1, 2, 3, 4, 100]);
});

test('no call needs a second connection while it holds one', async () => {
  const narrow = open(world.url, { poolMax: 1 });
  const app = createTaskApp({ db: narrow, redis: world.redis, secrets: secrets(), passwords: { cost: 4 } });
  atEnd(app.close);
  const everything = async (email: string) => {
    const { user, accessToken, refreshToken } = await app.auth.register({}, { email, password: PASSWORD, name: 'Ada' });
    const { actor } = await app.access.authenticate(app.access.verify(accessToken));
    const me = app.as(actor);
    const tag = await me.tags.create({ name: 'home' });
    const task = await me.tasks.create({ title: 'one', tagIds: [tag.id] });
    await me.tasks.update({ id: task.id, tagIds: [], status: 'DONE' });
    assert.equal((await me.tasks.list({ status: 'DONE' })).pagination.total, 1);
    await app.auth.refresh({}, { refreshToken });
    await app.auth.login({}, { email, password: PASSWORD });
    await me.users.updateMe({ name: 'Grace', email: `new-${email}`, currentPassword: PASSWORD });
    await me.auth.changePassword({ currentPassword: PASSWORD, newPassword: 'Password124' });
    await app.users.update({ actor: world.system }, { id: user.id, disabled: true });
    await me.tasks.remove({ id: task.id });
    await me.tags.remove({ id: tag.id });
    await app.users.remove({ actor: world.system }, { id: user.id });
  };
  const calls = ['a', 'b', 'c'].map((name) => codeOf(everything(`${name}@narrow.example`)));
  assert.deepEqual(tally(await Promise.all(calls)), { ok: 3 });
});

test('failures of the database reach callers as what they mean', async (t) => {
  const { db: other, url } = await testDatabase();
  const impatient = open(url, { statementTimeoutMs: 1000 });
  const app = createTaskApp({ db: impatient, redis: null, secrets: secrets(), passwords: { cost: 4 } });
  atEnd(app.close);
  const users = () => app.users.list({ actor: world.system });
  const { user, accessToken } = await app.auth.register(
    {},
    { email: 'a@example.com', password: PASSWORD, name: 'Ada' },
  );
  const { actor } = await app.access.authenticate(app.access.verify(accessToken));

  const host = await hostTransaction(t, other);
  await host.raw('lock table taskapp.users in access exclusive mode');
  const { retryAfter } = await refused(users(), 'database.timeout');
  assert.equal(retryAfter, 1);
  await host.rollback();

  await other.raw('alter table taskapp.users rename to gone');
  await refused(users(), 'database.schema_outdated');
  await other.raw('alter table taskapp.gone rename to users');

  await impatient.raw('set default_transaction_read_only = on');
  await Promise.all(Array.from({ length: 10 }, () => impatient.raw('set default_transaction_read_only = on')));
  await refused(app.users.update({ actor: world.system }, { id: user.id, role: 'ADMIN' }), 'database.read_only');
  await impatient.destroy();
  await assert.rejects(app.as(actor).tasks.list());
});
