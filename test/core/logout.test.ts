import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { codeOf, eventsOf, problemsOf, refused } from '../support/factories.ts';
import { createWorld, PASSWORD, SYSTEM, UNTHROTTLED, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld({ throttle: UNTHROTTLED });
});

const logout = (refreshToken?: string, actor?: Parameters<World['app']['auth']['logout']>[0]['actor']) =>
  world.app.auth.logout({ requestId: 'logout', ...(actor !== undefined && { actor }) }, { refreshToken });
const refresh = (refreshToken: string) => world.app.auth.refresh({}, { refreshToken });
const login = (email: string) => world.app.auth.login({}, { email, password: PASSWORD });
const isLive = async (sessionId: string | undefined) =>
  (await world.db('taskapp.sessions').where({ id: sessionId! }).first('revoked_at')).revoked_at === null;

test('a refresh token alone ends its session, once, and says who did it', async () => {
  const { refreshToken, actor, id } = await world.user();
  await logout(refreshToken);
  assert.equal(await isLive(actor.sessionId), false);
  await refused(refresh(refreshToken), 'auth.refresh_invalid');
  await logout(refreshToken);
  const events = (await eventsOf(world.db, actor.sessionId!)).slice(1);
  assert.deepEqual(
    events.map(({ type, actor_id, request_id, changes }) => [type, actor_id, request_id, changes.reason?.to]),
    [['session.revoked', id, 'logout', 'logout']],
  );
});

test('any refresh token that the session has had ends it, but for one that a new password took back', async () => {
  const { refreshToken, actor, as } = await world.user();
  const { refreshToken: next } = await refresh(refreshToken);
  await refresh(next);
  await logout(refreshToken);
  assert.equal(await isLive(actor.sessionId), false);

  const owner = await world.user();
  await owner.as.auth.changePassword({ currentPassword: PASSWORD, newPassword: 'Password124' });
  await refused(logout(owner.refreshToken), 'auth.refresh_invalid');
  assert.equal(await isLive(owner.actor.sessionId), true);
  await as.auth.logout();
});

test('of a session and an account that are gone nothing is left to end', async () => {
  const { refreshToken, actor, id } = await world.user();
  await world.app.users.remove({ actor: SYSTEM }, { id });
  await logout(refreshToken);
  await logout(refreshToken, actor);
});

test('a refresh token of another session of the caller ends that one as well, one of somebody else ends nothing', async () => {
  const [ada, bob] = [await world.user(), await world.user()];
  const phone = await login(ada.email);
  assert.deepEqual(await problemsOf(logout(bob.refreshToken, ada.actor)), ['refreshToken: Belongs to another user']);
  assert.deepEqual([await isLive(ada.actor.sessionId), await isLive(bob.actor.sessionId)], [true, true]);
  await logout(phone.refreshToken, ada.actor);
  await refused(refresh(phone.refreshToken), 'auth.refresh_invalid');
  assert.equal(await isLive(ada.actor.sessionId), false);
});

test('without a proof that is good nothing ends', async () => {
  const { actor, accessToken } = await world.user();
  await refused(logout(), 'auth.token_required');
  for (const bad of ['rubbish', accessToken]) {
    for (const caller of [undefined, actor]) assert.equal(await codeOf(logout(bad, caller)), 'auth.refresh_invalid');
  }
  assert.deepEqual(await problemsOf(logout('')), ['refreshToken: Refresh token is required']);
  await refused(logout(undefined, SYSTEM), 'auth.session_required');
  assert.equal(await isLive(actor.sessionId), true);
});
