import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, createTaskApp } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { blockedBackend, codeOf, hostTransaction, refused, tally } from '../support/factories.ts';
import { createWorld, secrets, type World } from '../support/world.ts';

const AT_ONCE = 50;

let world: World;
const keys = secrets();
before(async () => {
  world = await createWorld({ secrets: keys });
});

/** A node with four connections, and a session whose row somebody else holds until `release`. */
async function heldSession(t: TestContext) {
  const db = connect(world.url, { poolMax: 4 });
  atEnd(() => db.destroy());
  const app = createTaskApp({ db, redis: null, secrets: keys, passwords: { cost: 4 } });
  atEnd(app.close);
  const user = await world.user();
  const host = await hostTransaction(t, world.db);
  await host('taskapp.sessions').where({ id: user.actor.sessionId! }).forUpdate();
  const refresh = () => app.auth.refresh({}, { refreshToken: user.refreshToken });
  return { app, db, user, refresh, release: () => host.commit() };
}

test('fifty refreshes that wait for one session leave connections to others, and all get their pair', async (t) => {
  const { app, db, user, refresh, release } = await heldSession(t);
  const waiting = Promise.all(Array.from({ length: AT_ONCE }, refresh));
  await blockedBackend(world.db);
  await pause(200);
  const other = await world.user();
  const start = performance.now();
  for (let n = 0; n < 20; n += 1) await app.access.authenticate(app.access.verify(other.accessToken));
  assert.ok(performance.now() - start < 1000);
  assert.equal(db.client.pool.numUsed(), 3);
  await app.auth.refresh({}, { refreshToken: other.refreshToken });
  await release();
  const pairs = await waiting;
  assert.equal(new Set(pairs.map(({ refreshToken }) => refreshToken)).size, 1);
  assert.notEqual(pairs[0]?.refreshToken, user.refreshToken);
});

test('a refresh that cannot have its turn in time says when to try again, and the token stays good', async (t) => {
  const { refresh, release } = await heldSession(t);
  const start = performance.now();
  const { retryAfter, kind } = await refused(refresh(), 'auth.refresh_in_progress');
  assert.deepEqual([retryAfter, kind], [1, 'conflict']);
  const codes = await Promise.all(Array.from({ length: AT_ONCE }, () => codeOf(refresh())));
  assert.deepEqual(tally(codes), { 'auth.refresh_in_progress': AT_ONCE });
  assert.ok(performance.now() - start < 7000, 'each waits two seconds for its turn and two for the row at most');
  await release();
  await refresh();
});
