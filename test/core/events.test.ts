import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { problemsOf, refused } from '../support/factories.ts';
import { createWorld, PASSWORD, SYSTEM, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

const log = (input: object = {}) => world.app.events.list({ actor: SYSTEM }, input as never);

test('administrators read who did what to which thing, newest first', async () => {
  const { app } = world;
  const ada = await world.user();
  const admin = await world.user({ role: 'ADMIN' });
  const facts = { requestId: 'r-1', ip: '10.0.0.1' };
  const task = await app.as(ada.actor, facts).tasks.create({ title: 'one' });
  await admin.as.users.get({ id: ada.id });
  await app.tasks.update({ actor: { kind: 'system', reason: 'nightly' } }, { id: task.id, title: 'two' });
  const { events, pagination } = await admin.as.events.list({ entityId: task.id });
  assert.deepEqual(pagination, { limit: 20, nextCursor: null });
  const [updated, created] = events;
  assert.ok(created?.createdAt instanceof Date);
  const { id: _id, createdAt: _at, changes: _changes, ...rest } = created;
  assert.deepEqual(rest, {
    type: 'task.created',
    entityType: 'task',
    entityId: task.id,
    workspaceId: task.workspaceId,
    seq: 2,
    actor: { kind: 'user', userId: ada.id, reason: null },
    requestId: 'r-1',
    ip: '10.0.0.1',
  });
  assert.deepEqual(updated?.actor, { kind: 'system', userId: null, reason: 'nightly' });
  assert.deepEqual(updated?.changes, { title: { from: 'one', to: 'two' } });
  await refused(ada.as.events.list(), 'auth.admin_required');
});

test('the log is filtered, and paged without gaps while it grows', async () => {
  const ada = await world.user();
  const { workspaceId } = await ada.as.tasks.create({ title: 'task 0' });
  for (let n = 1; n < 12; n += 1) await ada.as.tasks.create({ title: `task ${n}` });
  const seen: (number | null)[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const { events, pagination } = await log({ workspaceId, limit: 5, ...(cursor && { cursor }) });
    seen.push(...events.map(({ seq }) => seq));
    cursor = pagination.nextCursor;
    await ada.as.tags.create({ name: `tag ${seen.length}` });
  }
  assert.deepEqual(seen, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
  const { events } = await log({ workspaceId, type: 'tag.created' });
  assert.deepEqual([events.length, new Set(events.map(({ type }) => type)).size], [3, 1]);
  const { nextCursor } = (await log({ limit: 1 })).pagination;
  assert.deepEqual(await problemsOf(log({ cursor: nextCursor, workspaceId })), [
    'cursor: Does not belong to this list; start again without a cursor',
  ]);
  assert.deepEqual(await problemsOf(log({ type: 'x' })), ['type: Must be a type like task.updated']);
});

test('sign-ins leave a trace, failed ones too, without a password', async () => {
  const { app } = world;
  const { id, email } = await world.user();
  await app.auth.login({ ip: '10.0.0.9' }, { email, password: PASSWORD });
  await refused(app.auth.login({ ip: '10.0.0.9' }, { email, password: 'Wrong12345' }), 'auth.credentials_invalid');
  await refused(app.auth.login({}, { email: `no-${email}`, password: 'Wrong12345' }), 'auth.credentials_invalid');
  const { events } = await log({ type: 'login.failed', limit: 2 });
  assert.deepEqual(
    events.map(({ entityId, ip }) => [entityId, ip]),
    [
      [null, null],
      [id, '10.0.0.9'],
    ],
  );
  const opened = (await log({ type: 'session.opened', limit: 1 })).events[0];
  assert.deepEqual([opened?.changes, opened?.actor.userId], [{ userId: { to: id } }, id]);
  assert.doesNotMatch(JSON.stringify(await world.db('taskapp.events')), /Wrong12345|Password123|\$2b\$/);
});

test('what is in the log is neither changed nor removed, by anybody who does not alter the table', async () => {
  const { db } = world;
  await world.user();
  const events = await db('taskapp.events').orderBy('id');
  for (const sql of [
    "update taskapp.events set actor_reason = 'x'",
    'delete from taskapp.events',
    'truncate taskapp.events',
    'delete from taskapp.events where false',
  ]) {
    await assert.rejects(db.raw(sql), { code: '23001', message: /taskapp\.events is append-only/ }, sql);
  }
  assert.deepEqual(await db('taskapp.events').orderBy('id'), events);
});

test('what nothing needs any more is purged, the rest stays', async () => {
  const { app, db } = world;
  const old = await world.user();
  const ended = await world.user();
  const live = await world.user();
  const age = (userId: string, interval: string) =>
    db('taskapp.sessions')
      .where({ user_id: userId })
      .update({ idle_expires_at: db.raw(`idle_expires_at - interval '${interval}'`) });
  await age(old.id, '60 days');
  await age(ended.id, '8 days');
  const { sessions } = await app.purge();
  assert.equal(sessions, 1);
  const left = await db('taskapp.sessions').whereIn('user_id', [old.id, ended.id, live.id]).pluck('user_id');
  assert.deepEqual(left.sort(), [ended.id, live.id].sort());
  assert.deepEqual(await app.purge(), { sessions: 0, idempotencyKeys: 0, loginAttempts: 0 });
});
