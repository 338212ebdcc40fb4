import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';
import { operations, runAsJson } from '@taskapp/core';
import { codeOf, hostTransaction, refused, tally } from '../support/factories.ts';
import { createWorld, PASSWORD, SYSTEM, type World } from '../support/world.ts';

let world: World;
let sequence = 0;
before(async () => {
  world = await createWorld({ passwords: { cost: 4, maxQueue: 1000 } });
});

const newKey = () => `key-${++sequence}`;
const keysOf = (caller: string) => world.db('taskapp.idempotency_keys').where({ caller });

test('a call with a key is carried out once and answered the same each time', async () => {
  const { app } = world;
  const { actor, as, id } = await world.user();
  const ctx = { actor, idempotencyKey: newKey() };
  const input = { title: 'one', dueDate: '2030-01-01T00:00:00Z' };
  const first = await app.tasks.create(ctx, input);
  assert.deepEqual(await app.tasks.create(ctx, { dueDate: input.dueDate, title: 'one' }), first);
  assert.ok(first.dueDate instanceof Date);
  await as.tasks.update({ id: first.id, title: 'changed since' });
  assert.deepEqual(await app.tasks.create(ctx, input), first, 'as it was answered');
  const create = operations.find((operation) => operation.id === 'tasks.create')!;
  assert.deepEqual(await runAsJson(app, create, ctx, input), {
    json: JSON.stringify(first),
    version: first.version,
    replayed: true,
  });
  const removal = { actor, idempotencyKey: newKey() };
  await app.tasks.remove(removal, { id: first.id });
  await app.tasks.remove(removal, { id: first.id });
  assert.equal((await as.tasks.list()).pagination.total, 0);
  assert.equal((await keysOf(id)).length, 2);
});

test('calls with one key at once are carried out once', async () => {
  const { app } = world;
  const { actor, as } = await world.user();
  const ctx = { actor, idempotencyKey: newKey() };
  const made = await Promise.all(Array.from({ length: 20 }, () => app.tasks.create(ctx, { title: 'once' })));
  assert.equal(new Set(made.map(({ id }) => id)).size, 1);
  assert.equal((await as.tasks.list()).pagination.total, 1);
});

test('a key belongs to its caller and its request', async () => {
  const { app } = world;
  const [ada, bob] = [await world.user(), await world.user()];
  const idempotencyKey = newKey();
  const task = await app.tasks.create({ actor: ada.actor, idempotencyKey }, { title: 'one' });
  const other = await app.tasks.create({ actor: bob.actor, idempotencyKey }, { title: 'one' });
  assert.notEqual(other.id, task.id);
  await refused(app.tasks.create({ actor: ada.actor, idempotencyKey }, { title: 'two' }), 'idempotency.key_reused');
  await refused(app.tasks.remove({ actor: ada.actor, idempotencyKey }, { id: task.id }), 'idempotency.key_reused');
  for (const bad of ['', ' ', 'a b', 'ä', 'x'.repeat(256), 'a\n']) {
    await refused(
      app.tasks.create({ actor: ada.actor, idempotencyKey: bad }, { title: 'x' }),
      'idempotency.key_malformed',
    );
  }
});

test('a call that fails leaves no key, and the same key may try again', async () => {
  const { app } = world;
  const { actor, as, id } = await world.user();
  const ctx = { actor, idempotencyKey: newKey() };
  await refused(app.tags.create(ctx, { name: '' }), 'input.invalid');
  const { id: tagId } = await as.tags.create({ name: 'one' });
  await refused(app.tags.create(ctx, { name: 'ONE' }), 'tag.name_taken');
  assert.deepEqual(await keysOf(id), []);
  await as.tags.remove({ id: tagId });
  assert.equal((await app.tags.create(ctx, { name: 'ONE' })).name, 'ONE');
});

test("a host's rollback takes the key with it", async (t) => {
  const { app, db } = world;
  const { actor, as, id } = await world.user();
  const ctx = { actor, idempotencyKey: newKey() };
  const host = await hostTransaction(t, db);
  const inside = app.withTransaction(host);
  const task = await inside.tasks.create(ctx, { title: 'one' });
  assert.deepEqual(await inside.tasks.create(ctx, { title: 'one' }), task);
  await host.rollback();
  assert.deepEqual(await keysOf(id), []);
  assert.notEqual((await app.tasks.create(ctx, { title: 'one' })).id, task.id);
  assert.equal((await as.tasks.list()).pagination.total, 1);
});

test('a key expires after a day, and expired ones are purged', async () => {
  const { app, db } = world;
  const { actor, id } = await world.user();
  const ctx = { actor, idempotencyKey: newKey() };
  const first = await app.tasks.create(ctx, { title: 'one' });
  const age = () => keysOf(id).update({ created_at: db.raw("created_at - interval '25 hours'") });
  await age();
  assert.notEqual((await app.tasks.create(ctx, { title: 'other' })).id, first.id);
  await age();
  assert.ok((await app.purge()).idempotencyKeys >= 1);
  assert.deepEqual(await keysOf(id), []);
});

test('what is kept of a request with a password cannot be guessed from', async () => {
  const { app } = world;
  const { actor, id } = await world.user();
  const input = { name: 'New', currentPassword: PASSWORD };
  await app.users.updateMe({ actor, idempotencyKey: newKey() }, input);
  const [row] = await keysOf(id);
  const guess = JSON.stringify(['users.updateMe', { currentPassword: PASSWORD, name: 'New' }]);
  assert.notEqual(row.fingerprint, createHash('sha256').update(guess).digest('base64url'));
  assert.ok(!JSON.stringify(row).includes(PASSWORD));
  const change = { currentPassword: PASSWORD, newPassword: 'Password124' };
  await app.auth.changePassword({ actor, idempotencyKey: newKey() }, change);
  assert.equal((await keysOf(id)).length, 1, 'an answer with tokens is not kept');
});

test('a change is made only to a version that the caller knows', async () => {
  const { app } = world;
  const { actor, as, id: userId } = await world.user();
  const { id } = await as.tasks.create({ title: 'one' });
  const tag = await as.tags.create({ name: 'one' });
  const knowing = (...ifMatch: number[]) => ({ actor, ifMatch });
  await refused(app.tasks.update(knowing(2), { id, title: 'two' }), 'input.version_conflict');
  await refused(app.tasks.update(knowing(), { id, title: 'two' }), 'input.version_conflict');
  await refused(app.tasks.remove(knowing(2), { id }), 'input.version_conflict');
  await refused(app.tags.update(knowing(2), { id: tag.id, name: 'two' }), 'input.version_conflict');
  await refused(app.tags.remove(knowing(2), { id: tag.id }), 'input.version_conflict');
  await refused(app.users.updateMe(knowing(2), { name: 'two' }), 'input.version_conflict');
  await refused(
    app.users.update({ actor: SYSTEM, ifMatch: [2] }, { id: userId, role: 'ADMIN' }),
    'input.version_conflict',
  );
  await refused(app.users.remove({ actor: SYSTEM, ifMatch: [2] }, { id: userId }), 'input.version_conflict');
  await refused(app.users.removeMe(knowing(2), { currentPassword: PASSWORD }), 'input.version_conflict');
  assert.equal((await app.tasks.update(knowing(7, 1), { id, title: 'two' })).version, 2);
  const calls = Array.from({ length: 10 }, (_, n) => codeOf(app.tasks.update(knowing(2), { id, title: `race ${n}` })));
  assert.deepEqual(tally(await Promise.all(calls)), { ok: 1, 'input.version_conflict': 9 });
  const stranger = await world.user();
  await refused(app.tasks.update({ actor: stranger.actor, ifMatch: [99] }, { id, title: 'x' }), 'task.forbidden');
});
