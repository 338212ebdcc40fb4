import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHousekeeping } from '../../packages/http/src/housekeeping.ts';
import { createWorld } from '../support/world.ts';

const { app, db, user } = await createWorld();
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 5000; !(await holds()); await sleep(10)) {
    if (Date.now() > deadline) throw new Error('Did not come true');
  }
}

it('deletes what ended long ago, keeps the rest, and survives a failure', async () => {
  const ada = await user();
  const live = await app.auth.login({}, { email: ada.email, password: ada.password });
  const { sessionId } = app.access.verify(live.accessToken);
  await db('taskapp.sessions')
    .whereNot('id', sessionId)
    .where('user_id', ada.id)
    .update({ revoked_at: db.raw("now() - interval '31 days'"), revoke_reason: 'test' });
  await app.tasks.create({ actor: ada.actor, idempotencyKey: 'old' }, { title: 'Once' });
  await app.tasks.create({ actor: ada.actor, idempotencyKey: 'new' }, { title: 'Once more' });
  await db('taskapp.idempotency_keys')
    .where('key', 'old')
    .update({ created_at: db.raw("now() - interval '25 hours'") });
  let failures = 1;
  const purge = async () => {
    failures -= 1;
    if (failures >= 0) throw new Error('Once');
    return app.purge();
  };

  const stop = startHousekeeping({ purge }, log, 10);
  await eventually(async () => (await db('taskapp.sessions').where('user_id', ada.id)).length === 1);
  await eventually(async () => (await db('taskapp.idempotency_keys').where('key', 'old')).length === 0);
  await stop();

  assert.deepEqual(await db('taskapp.sessions').where('user_id', ada.id).pluck('id'), [sessionId]);
  assert.deepEqual(await db('taskapp.idempotency_keys').pluck('key'), ['new']);
  const turns = failures;
  await sleep(50);
  assert.equal(failures, turns, 'it has ended');
});
