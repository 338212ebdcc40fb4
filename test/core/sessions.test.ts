import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createTaskApp, silent } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { blockedBackend, codeOf, eventsOf, hostTransaction, refused, tally } from '../support/factories.ts';
import { createWorld, PASSWORD, SYSTEM, secrets, UNTHROTTLED, type World } from '../support/world.ts';

let world: World;
const warnings: { readonly message: string; readonly sessionId?: string }[] = [];
const warningsOf = (id: string | undefined) =>
  warnings.flatMap(({ message, sessionId }) => (sessionId === id ? [message] : []));
before(async () => {
  const log = { ...silent, warn: (message: string, meta?: object) => warnings.push({ message, ...meta }) };
  world = await createWorld({ passwords: { cost: 4, maxQueue: 1000 }, throttle: UNTHROTTLED, log });
});

const refresh = (refreshToken: string) => world.app.auth.refresh({ requestId: 'refresh' }, { refreshToken });
const authenticate = async (accessToken: string) => {
  const { access } = world.app;
  return access.authenticate(access.verify(accessToken));
};
const login = (email: string, facts = {}) => world.app.auth.login(facts, { email, password: PASSWORD });
const sessionRow = (id: string | undefined) => world.db('taskapp.sessions').where({ id: id! });
/** A user, their session, and a way to make time pass for it. */
async function signedIn() {
  const user = await world.user();
  const { sessionId } = user.actor;
  const age = (column: string, interval: string) =>
    sessionRow(sessionId).update({ [column]: world.db.raw(`${column} - interval '${interval}'`) });
  const state = async () =>
    (await sessionRow(sessionId).first('generation', 'revoke_reason')) as Record<string, unknown>;
  return { ...user, sessionId, age, state };
}

test('a refresh token buys the next pair, and the chain goes on', async () => {
  const { refreshToken, sessionId, state, actor } = await signedIn();
  const first = await refresh(refreshToken);
  assert.notEqual(first.refreshToken, refreshToken);
  const second = await refresh(first.refreshToken);
  assert.deepEqual((await authenticate(second.accessToken)).actor, actor);
  assert.equal((await authenticate(second.accessToken)).actor.sessionId, sessionId);
  assert.deepEqual(await state(), { generation: 2, revoke_reason: null });
});

test('fifty refreshes of one token at once all get the same successor', async () => {
  const { refreshToken, state } = await signedIn();
  const pairs = await Promise.all(Array.from({ length: 50 }, () => refresh(refreshToken)));
  assert.equal(new Set(pairs.map((pair) => pair.refreshToken)).size, 1);
  assert.deepEqual(await state(), { generation: 1, revoke_reason: null });
  await refresh(pairs[0]!.refreshToken);
});

test('a repeated refresh answers the same token within the grace period and ends the session after it', async () => {
  const { refreshToken, age, state, sessionId } = await signedIn();
  const next = await refresh(refreshToken);
  assert.equal((await refresh(refreshToken)).refreshToken, next.refreshToken);
  await age('rotated_at', '31 seconds');
  const { message } = await refused(refresh(refreshToken), 'auth.refresh_reused');
  assert.equal(message, 'Invalid or expired refresh token');
  assert.deepEqual(await state(), { generation: 1, revoke_reason: 'refresh_reuse' });
  await refused(refresh(next.refreshToken), 'auth.refresh_invalid');
  await refused(authenticate(next.accessToken), 'auth.token_invalid');
  const ended = (await eventsOf(world.db, sessionId!)).at(-1);
  assert.deepEqual(
    [ended?.type, ended?.changes.reason, ended?.request_id],
    ['session.revoked', { to: 'refresh_reuse' }, 'refresh'],
  );
  assert.deepEqual(warningsOf(sessionId), ['A refresh token was used again: its session ends']);
});

test('the grace period covers the latest predecessor only', async () => {
  const { refreshToken, state } = await signedIn();
  const { refreshToken: second } = await refresh(refreshToken);
  await refresh(second);
  await refused(refresh(refreshToken), 'auth.refresh_reused');
  assert.deepEqual(await state(), { generation: 2, revoke_reason: 'refresh_reuse' });
});

test('without a grace period the second use of a token ends the session', async () => {
  const { db, redis } = world;
  const app = createTaskApp({
    db,
    redis,
    secrets: secrets(),
    passwords: { cost: 4 },
    tokens: { refreshGraceSeconds: 0 },
  });
  atEnd(app.close);
  const input = { email: 'no-grace@example.com', password: PASSWORD, name: 'Ada' };
  const { refreshToken } = await app.auth.register({}, input);
  await app.auth.refresh({}, { refreshToken });
  await refused(app.auth.refresh({}, { refreshToken }), 'auth.refresh_reused');
});

test('a token from the future of a restored backup is refused and ends nothing', async () => {
  const { refreshToken, sessionId, state } = await signedIn();
  const { refreshToken: second } = await refresh(refreshToken);
  await sessionRow(sessionId).update({ generation: 0 });
  await refused(refresh(second), 'auth.refresh_invalid');
  assert.deepEqual(await state(), { generation: 0, revoke_reason: null });
  assert.deepEqual(warningsOf(sessionId), ['A refresh token is newer than its session: a backup was restored']);
});

test('what has ended, expired, been locked or deleted is refused at once, inside the grace period as well', async () => {
  const { app, db } = world;
  const endings: Record<string, (user: Awaited<ReturnType<typeof signedIn>>) => Promise<unknown>> = {
    logout: ({ as }) => as.auth.logout(),
    idle: ({ age }) => age('idle_expires_at', '8 days'),
    absolute: ({ age }) => age('absolute_expires_at', '31 days'),
    disabled: ({ id }) => app.users.update({ actor: SYSTEM }, { id, disabled: true }),
    locked: ({ id }) => db('taskapp.users').where({ id }).update({ disabled_at: db.fn.now() }),
    removed: ({ id }) => app.users.remove({ actor: SYSTEM }, { id }),
    session: ({ as, sessionId }) => as.auth.revokeSession({ id: sessionId! }),
  };
  for (const [name, end] of Object.entries(endings)) {
    const user = await signedIn();
    const next = await refresh(user.refreshToken);
    await end(user);
    for (const token of [user.refreshToken, next.refreshToken]) {
      assert.equal(await codeOf(refresh(token)), 'auth.refresh_invalid', name);
    }
    assert.equal(await codeOf(authenticate(next.accessToken)), 'auth.token_invalid', name);
  }
});

test('idle time is extended by a refresh, the absolute end is not', async () => {
  const { refreshToken, sessionId, age } = await signedIn();
  await age('idle_expires_at', '6 days');
  await age('absolute_expires_at', '25 days');
  await refresh(refreshToken);
  const [row] = await sessionRow(sessionId).select(
    world.db.raw("idle_expires_at > now() + interval '4 days' as extended"),
    world.db.raw('idle_expires_at <= absolute_expires_at as bounded'),
  );
  assert.deepEqual({ ...row }, { extended: true, bounded: true });
});

test('a user sees and ends the own sessions and nobody else’s', async () => {
  const ada = await signedIn();
  const bob = await signedIn();
  const phone = await login(ada.email, { ip: '10.0.0.7', userAgent: 'p'.repeat(300) });
  const { sessions } = await ada.as.auth.sessions();
  const [newest, own] = sessions;
  assert.deepEqual([sessions.length, newest?.current, own?.current], [2, false, true]);
  assert.deepEqual([newest?.ip, newest?.userAgent?.length, own?.id], ['10.0.0.7', 256, ada.sessionId]);
  await refused(bob.as.auth.revokeSession({ id: newest!.id }), 'auth.session_not_found');
  await refused(bob.as.auth.revokeSession({ id: 'no-id' }), 'auth.session_not_found');
  await authenticate(phone.accessToken);
  await ada.as.auth.revokeSession({ id: newest!.id });
  await refused(ada.as.auth.revokeSession({ id: newest!.id }), 'auth.session_not_found');
  await refused(authenticate(phone.accessToken), 'auth.token_invalid');
  await ada.as.auth.logout();
  await ada.as.auth.logout();
  await refused(authenticate(ada.accessToken), 'auth.token_invalid');
  await authenticate(bob.accessToken);
});

test('logging out everywhere ends all sessions, or all others', async () => {
  const ada = await signedIn();
  const others = [await login(ada.email), await login(ada.email)];
  await ada.as.auth.logoutAll({ scope: 'others' });
  await authenticate(ada.accessToken);
  for (const { accessToken } of others) await refused(authenticate(accessToken), 'auth.token_invalid');
  await ada.as.auth.logoutAll();
  await refused(authenticate(ada.accessToken), 'auth.token_invalid');
  const { sessionId: _none, ...withoutSession } = ada.actor;
  const bare = world.app.as(withoutSession).auth;
  await refused(bare.logout(), 'auth.session_required');
  await refused(bare.logoutAll({ scope: 'others' }), 'auth.session_required');
});

test('beyond twenty sessions the least recently used ends', async () => {
  const ada = await signedIn();
  const second = await login(ada.email);
  for (let n = 0; n < 18; n += 1) await login(ada.email);
  const { refreshToken } = await refresh(ada.refreshToken);
  await login(ada.email);
  await refresh(refreshToken);
  await refused(refresh(second.refreshToken), 'auth.refresh_invalid');
  assert.equal((await ada.as.auth.sessions()).sessions.length, 20);
});

test('logins at once keep the limit exactly, and none of them ends itself', async () => {
  const ada = await signedIn();
  await Promise.all(Array.from({ length: 40 }, () => login(ada.email)));
  assert.equal((await ada.as.auth.sessions()).sessions.length, 20);
  const { rows } = await world.db.raw(`select 1 from taskapp.events o join taskapp.events r using (entity_id)
    where o.type = 'session.opened' and r.type = 'session.revoked' and o.xmin = r.xmin`);
  assert.equal(rows.length, 0);
});

test('a password change ends the other sessions and returns a pair that works', async () => {
  const ada = await signedIn();
  const other = await login(ada.email);
  const change = { currentPassword: PASSWORD, newPassword: 'Password124' };
  await refused(ada.as.auth.changePassword({ ...change, currentPassword: 'Password1' }), 'user.password_wrong');
  const pair = await ada.as.auth.changePassword(change);
  await refused(refresh(other.refreshToken), 'auth.refresh_invalid');
  assert.equal((await authenticate(pair.accessToken)).actor.sessionId, ada.sessionId);
  await refresh(pair.refreshToken);
  await refused(login(ada.email), 'auth.credentials_invalid');
  await world.app.auth.login({}, { email: ada.email, password: 'Password124' });
  const changes = Array.from({ length: 5 }, (_, n) =>
    codeOf(ada.as.auth.changePassword({ currentPassword: 'Password124', newPassword: `Password20${n}` })),
  );
  assert.deepEqual(tally(await Promise.all(changes)), { ok: 1, 'user.password_wrong': 4 });
});

test('a session that ends while its refresh waits is not refreshed', async (t) => {
  const { refreshToken, sessionId, state } = await signedIn();
  const host = await hostTransaction(t, world.db);
  await host('taskapp.sessions').where({ id: sessionId! }).update({ revoked_at: host.fn.now(), revoke_reason: 'test' });
  const waiting = codeOf(refresh(refreshToken));
  await blockedBackend(world.db);
  await host.commit();
  assert.equal(await waiting, 'auth.refresh_invalid');
  assert.deepEqual(await state(), { generation: 0, revoke_reason: 'test' });
});

test('a login whose account changes after the password was checked gets no session', async (t) => {
  const { db } = world;
  for (const change of [{ disabled_at: db.fn.now() }, { password_hash: 'another' }]) {
    const ada = await signedIn();
    const host = await hostTransaction(t, db);
    await host('taskapp.users').where({ id: ada.id }).update(change);
    const waiting = codeOf(login(ada.email));
    await blockedBackend(db);
    await host.commit();
    assert.equal(await waiting, 'auth.credentials_invalid', Object.keys(change)[0]);
    assert.equal((await ada.as.auth.sessions()).sessions.length, 1);
  }
});
