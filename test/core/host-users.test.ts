import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { createTaskApp, type TaskApp } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { hostTransaction, problemsOf, refused } from '../support/factories.ts';
import { actorOf, createHost } from '../support/host.ts';
import { SYSTEM, secrets } from '../support/world.ts';

let host: Awaited<ReturnType<typeof createHost>>;
before(async () => {
  host = await createHost();
});

/** Rows of one person, wherever they are. */
async function countOf(userId: string) {
  const { rows } = await host.db.raw(
    `select count(u.id)::int as users, count(w.id)::int as workspaces, count(m.user_id)::int as memberships
     from taskapp.users u left join taskapp.workspaces w on w.owner_id = u.id
     left join taskapp.members m on m.workspace_id = w.id where u.external_id = ?`,
    [userId],
  );
  return rows[0];
}
const ONCE = { users: 1, workspaces: 1, memberships: 1 };
const NOTHING = { users: 0, workspaces: 0, memberships: 0 };

test('people of the host work with tasks and tags under the ids of the host', async () => {
  const ada = await host.hire(host.db);
  const me = host.as(ada);
  const tag = await me.tags.create({ name: 'home' });
  const title = `{"userId":"${ada}"} "userId":"${randomUUID()}"`;
  const task = await me.tasks.create({ title, tagIds: [tag.id] });
  assert.deepEqual([task.userId, task.title, task.createdAt instanceof Date], [ada, title, true]);
  const done = await me.tasks.update({ id: task.id, status: 'DONE' });
  assert.deepEqual([done.userId, done.completedAt instanceof Date], [ada, true]);
  const { tasks, pagination } = await me.tasks.list({ tagId: tag.id });
  assert.deepEqual([tasks, pagination.total], [[done], 1]);
  assert.deepEqual(await me.tasks.get({ id: task.id }), done);
  assert.equal((await me.tags.list()).tags[0]?.taskCount, 1);
  const grace = host.as(await host.hire(host.db));
  await refused(grace.tasks.get({ id: task.id }), 'task.forbidden');
  assert.deepEqual((await grace.tasks.list()).tasks, []);
  await me.tasks.remove({ id: task.id });
  await refused(me.tasks.get({ id: task.id }), 'task.not_found');
  assert.deepEqual(
    host.asked.filter((id) => id === ada),
    [ada],
  );
});

test('the log names people as the host does, also in an app that has not met them', async () => {
  const ada = await host.hire(host.db);
  const { id } = await host.as(ada).tasks.create({ title: 'Buy milk' });
  const other = createTaskApp({ db: host.db, redis: null, users: { find: host.find } });
  atEnd(other.close);
  const { events } = await other.as(SYSTEM).events.list({ entityId: id });
  assert.deepEqual(
    events.map(({ type, actor }) => [type, actor.userId]),
    [['task.created', ada]],
  );
  assert.equal((await other.tasks.get({ actor: SYSTEM }, { id })).userId, ada);
  await refused(host.as(ada).events.list(), 'auth.admin_required');
  assert.ok((await host.app.as(actorOf(ada, 'ADMIN')).events.list({ limit: 5 })).events.length > 0);
});

test('nobody is let in whom the host does not know', async () => {
  await refused(host.as('4711').tasks.create({ title: 'x' }), 'user.not_found');
  assert.deepEqual(await countOf('4711'), NOTHING);
  const ada = await host.hire(host.db);
  await refused(host.as(`0${ada}`).tasks.list(), 'user.not_found');
  for (const id of ['', 'x'.repeat(256), 'nul\0', 7 as unknown as string]) {
    assert.deepEqual(await problemsOf(host.as(id).tasks.list()), [
      "ctx.actor.userId: Must be an id of the host's, 1 to 255 characters",
    ]);
  }
  const find = () => ({ id: 7 as unknown as string });
  const careless = createTaskApp({ db: host.db, redis: null, users: { find } });
  atEnd(careless.close);
  await assert.rejects(careless.as(actorOf('7')).tasks.list(), /must tell ids as text, not as number/);
});

test('somebody new and their task are one transaction with the rest of it', async (t) => {
  const trx = await hostTransaction(t, host.db);
  const ada = await host.hire(trx);
  const inside = host.app.withTransaction(trx).as(actorOf(ada));
  const task = await inside.tasks.create({ title: 'Welcome' });
  assert.deepEqual([task.userId, (await inside.tasks.list()).pagination.total], [ada, 1]);
  // What `find` throws is the host's own error.
  const unknown = host.app.withTransaction(trx).as(actorOf('no number'));
  await assert.rejects(unknown.tasks.list(), { code: '22P02' });
  assert.equal((await inside.tasks.get({ id: task.id })).title, 'Welcome', 'the transaction is still usable');
  await trx.rollback();
  assert.deepEqual(await countOf(ada), NOTHING);
  const kept = await host.db.transaction(async (trx) => {
    const grace = await host.hire(trx);
    await host.app.withTransaction(trx).as(actorOf(grace)).tasks.create({ title: 'Welcome' });
    return grace;
  });
  assert.deepEqual(await countOf(kept), ONCE);
  assert.equal((await host.as(kept).tasks.list()).pagination.total, 1);
});

test('many first calls of one person make one row', async () => {
  const ada = await host.hire(host.db);
  const calls = Array.from({ length: 20 }, (_, at) => host.as(ada).tasks.create({ title: `task ${at}` }));
  await Promise.all(calls);
  assert.deepEqual(await countOf(ada), ONCE);
  const [{ id }] = await host.db('taskapp.users').where('external_id', ada).select('id');
  assert.equal((await host.db('taskapp.events').where({ entity_id: id, type: 'user.created' })).length, 1);
  assert.equal((await host.as(ada).tasks.list()).pagination.total, 20);
});

test('UUIDs stand for themselves, in any case of their letters', async () => {
  const find = (id: string) => ({ id });
  const app = createTaskApp({ db: host.db, redis: null, users: { find } });
  atEnd(app.close);
  const id = randomUUID();
  const task = await app.as(actorOf(id.toUpperCase())).tasks.create({ title: 'x' });
  assert.deepEqual([task.userId, (await app.as(actorOf(id)).tasks.list()).pagination.total], [id, 1]);
  assert.equal((await host.db('taskapp.tasks').where('creator_id', id)).length, 1);
});

test('accounts are the business of the host', async () => {
  const { app } = host;
  assert.deepEqual([...new Set(app.operations.map(({ feature }) => feature))], ['tasks', 'tags', 'events']);
  // @ts-expect-error an app whose accounts are its host's has no `auth`
  assert.ok(app.auth);
  // @ts-expect-error and no `users`
  assert.ok(app.as(SYSTEM).users);
  const plain = app as unknown as TaskApp;
  const account = { email: 'ada@example.com', password: 'Password123', name: 'Ada' };
  await refused(plain.auth.register({}, account), 'auth.external');
  await refused(plain.as(SYSTEM).users.list(), 'auth.external');
  await refused(plain.as(SYSTEM).sessions.list({ id: randomUUID() }), 'auth.external');
});

test('an app with accounts of its own does not take people of the host for accounts, nor the other way round', async () => {
  const ada = await host.hire(host.db);
  await host.as(ada).tasks.list();
  const own = createTaskApp({ db: host.db, redis: null, secrets: secrets(), passwords: { cost: 4 } });
  atEnd(own.close);
  const account = { email: `user-${randomUUID()}@example.com`, password: 'Password123', name: 'Ada' };
  const { user } = await own.auth.register({}, account);
  const admin = own.as(SYSTEM);
  assert.deepEqual(
    (await admin.users.list()).users.map(({ id }) => id),
    [user.id],
  );
  const [{ id }] = await host.db('taskapp.users').where('external_id', ada).select('id');
  await refused(admin.users.get({ id }), 'user.not_found');
  await refused(admin.users.update({ id, role: 'ADMIN' }), 'user.not_found');
  await refused(admin.users.remove({ id }), 'user.not_found');
  const trusting = createTaskApp({ db: host.db, redis: null, users: { find: (id) => ({ id }) } });
  atEnd(trusting.close);
  await own.as(actorOf(user.id)).tasks.create({ title: 'From before' });
  await refused(trusting.as(actorOf(user.id)).tasks.list(), 'user.id_taken');
  // What docs/own-users.md says for accounts that are to be the host's from now on.
  const nothing = { email: null, email_key: null, name: null, password_hash: null };
  await host
    .db('taskapp.users')
    .where('id', user.id)
    .update({ external_id: host.db.raw('id::text'), ...nothing });
  assert.equal((await trusting.as(actorOf(user.id)).tasks.list()).tasks[0]?.userId, user.id);
});

test('who is forgotten leaves nothing but the log, and starts anew', async () => {
  const ada = await host.hire(host.db);
  const grace = await host.hire(host.db);
  const ctx = { actor: actorOf(ada), idempotencyKey: 'once' };
  const task = await host.app.tasks.create(ctx, { title: 'Buy milk' });
  assert.equal((await host.app.tasks.create(ctx, { title: 'Buy milk' })).id, task.id);
  await host.as(grace).tasks.create({ title: 'Stays' });
  const [{ id }] = await host.db('taskapp.users').where('external_id', ada).select('id');
  await host.db
    .transaction(async (trx) => {
      assert.equal(await host.app.withTransaction(trx).forgetUser(SYSTEM, ada), true);
      await trx.rollback();
    })
    .catch(() => undefined);
  assert.deepEqual(await countOf(ada), ONCE);
  assert.equal(await host.app.forgetUser(SYSTEM, ada), true);
  assert.equal(await host.app.forgetUser(SYSTEM, ada), false);
  assert.deepEqual(await countOf(ada), NOTHING);
  await refused(host.app.tasks.get({ actor: SYSTEM }, { id: task.id }), 'task.not_found');
  const { events } = await host.app.as(SYSTEM).events.list({ entityId: task.id });
  assert.deepEqual(
    events.map(({ actor }) => actor.userId),
    [id],
  );
  assert.notEqual((await host.app.tasks.create(ctx, { title: 'Buy milk' })).id, task.id);
  assert.deepEqual([(await host.as(ada).tasks.list()).pagination.total, await countOf(ada)], [1, ONCE]);
  assert.equal((await host.as(grace).tasks.list()).pagination.total, 1);
});
