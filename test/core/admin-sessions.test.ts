import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { connect, createTaskApp } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { blockedBackend, hostTransaction, refused } from '../support/factories.ts';
import { createWorld, PASSWORD, SYSTEM, secrets, type TestUser, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

const MISSING = '01890000-0000-7000-8000-000000000000';

/** Both tokens are worth something, or neither is. */
const isRefused = async ({ http }: World, { bearer, refreshToken }: TestUser): Promise<boolean> => {
  const { status } = await http.get('/api/users/me').set('Authorization', bearer);
  const { body } = await http.post('/api/auth/refresh').send({ refreshToken });
  assert.equal(body.code ?? 'ok', status === 401 ? 'auth.refresh_invalid' : 'ok');
  return status === 401;
};

const revocations = (db: World['db'], userId: string) =>
  db('taskapp.events')
    .where('type', 'session.revoked')
    .whereRaw(`changes #>> '{userId,from}' = ?`, [userId])
    .orderBy('id')
    .select('actor_kind', 'actor_id', 'actor_reason', 'request_id', 'entity_id', 'changes');

test('an administrator sees the live sessions of an account, and whose call it is', async () => {
  const { app, db } = world;
  const [ada, admin] = [await world.user(), await world.user({ role: 'ADMIN' })];
  await app.auth.login({ ip: '10.0.0.9', userAgent: 'lynx' }, { email: ada.email, password: PASSWORD });
  const { sessions } = await admin.as.sessions.list({ id: ada.id });
  const mine = (await ada.as.auth.sessions()).sessions;
  assert.deepEqual(
    sessions,
    mine.map((session) => ({ ...session, current: false })),
  );
  assert.deepEqual([sessions.length, sessions[0]?.ip, sessions[0]?.userAgent], [2, '10.0.0.9', 'lynx']);
  const own = (await admin.as.sessions.list({ id: admin.id })).sessions;
  assert.deepEqual(
    own.map(({ current }) => current),
    [true],
  );
  await db('taskapp.sessions')
    .where({ user_id: ada.id })
    .update({ idle_expires_at: db.raw('now()') });
  assert.deepEqual(await app.sessions.list({ actor: SYSTEM }, { id: ada.id }), { sessions: [] });
});

test('ending the sessions of an account counts at the very next call, and leaves one event each', async () => {
  const { app, db } = world;
  const [ada, bob, admin] = [await world.user(), await world.user(), await world.user({ role: 'ADMIN' })];
  await app.auth.login({}, { email: ada.email, password: PASSWORD });
  const { sessionId: expired } = (await world.user()).actor;
  await db('taskapp.sessions')
    .where({ id: expired! })
    .update({ user_id: ada.id, idle_expires_at: db.raw('now()') });
  assert.equal(await isRefused(world, ada), false);
  const revoke = () => app.as(admin.actor, { requestId: 'r-9' }).sessions.revoke({ id: ada.id });
  assert.deepEqual([await revoke(), await revoke()], [{ revoked: 2 }, { revoked: 0 }]);
  assert.deepEqual([await isRefused(world, ada), await isRefused(world, bob)], [true, false]);
  const events = await revocations(db, ada.id);
  assert.deepEqual(
    events.map(({ actor_id, request_id, changes }) => [actor_id, request_id, changes.reason]),
    [1, 2].map(() => [admin.id, 'r-9', { to: 'revoked_by_admin' }]),
  );
  await app.auth.login({}, { email: ada.email, password: PASSWORD });
});

test('a sign-in that is under way is either waited for or comes after', async (t) => {
  const { app, db } = world;
  const { id } = await world.user();
  const host = await hostTransaction(t, db);
  await host('taskapp.users').where({ id }).forNoKeyUpdate().first();
  const revoking = app.sessions.revoke({ actor: SYSTEM }, { id });
  await blockedBackend(db);
  await host.raw(
    `insert into taskapp.sessions (id, user_id, idle_expires_at, absolute_expires_at)
      values (gen_random_uuid(), ?, now() + interval '1 day', now() + interval '1 day')`,
    [id],
  );
  await host.commit();
  assert.deepEqual(await revoking, { revoked: 2 });
});

test('sessions of others are for administrators and the system, and of accounts that there are', async () => {
  const [ada, admin] = [await world.user(), await world.user({ role: 'ADMIN' })];
  await refused(ada.as.sessions.list({ id: ada.id }), 'auth.admin_required');
  await refused(ada.as.sessions.revoke({ id: ada.id }), 'auth.admin_required');
  await refused(ada.as.sessions.revokeAll(), 'auth.admin_required');
  for (const id of [MISSING, 'no-id']) {
    await refused(admin.as.sessions.list({ id }), 'user.not_found');
    await refused(admin.as.sessions.revoke({ id }), 'user.not_found');
  }
  assert.equal(await isRefused(world, ada), false);
});

test('over HTTP everybody is signed out at once, the administrator too', async () => {
  const { http } = world;
  const [ada, admin] = [await world.user(), await world.user({ role: 'ADMIN' })];
  const listed = await http.get(`/api/users/${ada.id}/sessions`).set('Authorization', admin.bearer);
  assert.deepEqual([listed.status, listed.body.sessions.length], [200, 1]);
  const { status, body } = await http.delete('/api/sessions').set('Authorization', admin.bearer);
  assert.ok(status === 200 && body.revoked >= 2, JSON.stringify(body));
  assert.deepEqual([await isRefused(world, ada), await isRefused(world, admin)], [true, true]);
  const again = await world.app.sessions.revokeAll({ actor: SYSTEM });
  assert.deepEqual(again, { revoked: 0 });
});

const COUNT = 9999;

/** So many live sessions of one user, besides those of `world.user()`. */
const addSessions = (db: World['db'], userId: string, count: number) =>
  db.raw(
    `insert into taskapp.sessions (id, user_id, idle_expires_at, absolute_expires_at)
      select gen_random_uuid(), ?, now() + interval '1 day', now() + interval '1 day' from generate_series(1, ?)`,
    [userId, count],
  );

test('any number of sessions ends, a few thousand in a transaction, however little time a statement has', async () => {
  const { db, url } = await createWorld({ redis: null });
  const pool = connect(url, { statementTimeoutMs: 1000 });
  atEnd(() => pool.destroy());
  const app = createTaskApp({ db: pool, redis: null, secrets: secrets(), passwords: { cost: 4 } });
  atEnd(app.close);
  const { user } = await app.auth.register({}, { email: 'a@example.com', name: 'A', password: PASSWORD });
  await addSessions(db, user.id, COUNT);
  assert.deepEqual(await app.sessions.revokeAll({ actor: SYSTEM }), { revoked: COUNT + 1 });
  assert.deepEqual(await db('taskapp.sessions').whereNull('revoked_at'), []);
  const { rows } = await db.raw('select xmin from taskapp.sessions group by 1 having count(*) <= 2000');
  assert.equal(rows.length, (COUNT + 1) / 2000);
  const events = await revocations(db, user.id);
  assert.equal(new Set(events.map(({ entity_id }) => entity_id)).size, COUNT + 1);
  assert.deepEqual([events[0]?.actor_reason, events[0]?.changes.reason], ['test', { to: 'revoked_all' }]);
});

test('a revocation of everything is the host’s to commit, and two at once end every session once', async (t) => {
  const { app, db } = await createWorld({ redis: null, passwords: { cost: 4 } });
  const { user } = await app.auth.register({}, { email: 'a@example.com', name: 'A', password: PASSWORD });
  await addSessions(db, user.id, 2999);
  const host = await hostTransaction(t, db);
  assert.deepEqual(await app.withTransaction(host).sessions.revokeAll({ actor: SYSTEM }), { revoked: 3000 });
  await host.rollback();
  const results = await Promise.all([1, 2].map(() => app.sessions.revokeAll({ actor: SYSTEM })));
  assert.equal(results[0]!.revoked + results[1]!.revoked, 3000);
  assert.equal((await revocations(db, user.id)).length, 3000);
});
