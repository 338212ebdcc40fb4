import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { TaskAppEvent } from '@taskapp/core';
import type { Knex } from 'knex';
import { hostTransaction } from '../support/factories.ts';
import { aLook, anotherApp, createListener } from '../support/listeners.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

/** Makes a transaction get its number without doing anything. */
const beginToWrite = (trx: Knex) => trx.raw('select pg_current_xact_id()');

test('a listener is told what happens from then on, with what it needs to know, and soon', async () => {
  const { app } = world;
  const ada = await world.user();
  const mine = app.as(ada.actor, { requestId: 'r-1' });
  await mine.tasks.create({ title: 'before' });
  const created: TaskAppEvent<'task.created'>[] = [];
  const stop = await app.on('task.created', (event) => void created.push(event));
  const all = createListener();
  const stopAll = await app.on('*', all.listener);
  const task = await mine.tasks.create({ title: 'one', dueDate: '2031-02-03T04:05:06.789Z' });
  await all.until(1);
  await mine.tasks.update({ id: task.id, status: 'DONE' });
  await all.until(2);
  assert.deepEqual(
    all.events.map(({ type }) => type),
    ['task.created', 'task.updated'],
  );
  assert.equal(created.length, 1);
  const { id, createdAt, ...event } = created[0]!;
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.ok(createdAt instanceof Date && Math.abs(Date.now() - createdAt.getTime()) < 60_000);
  assert.equal(event.changes.title?.to, 'one');
  assert.equal(event.changes.dueDate?.to, '2031-02-03T04:05:06.789Z');
  assert.deepEqual(
    { ...event, changes: {} },
    {
      type: 'task.created',
      entityType: 'task',
      entityId: task.id,
      workspaceId: task.workspaceId,
      seq: 3,
      actor: { kind: 'user', userId: ada.id, reason: null },
      requestId: 'r-1',
      changes: {},
    },
  );
  await stop();
  await stopAll();
  await mine.tasks.create({ title: 'after' });
  await aLook();
  assert.deepEqual([created.length, all.events.length], [1, 2]);
});

test('what is done in this process is told before the listener looks by itself', async () => {
  const { app } = world;
  const ada = await world.user();
  const { listener, until } = createListener();
  const stop = await app.on('tag.created', listener);
  const waits: number[] = [];
  // Transactions of other tests may be in progress on this server, and are waited for.
  for (let n = 1; Math.min(...waits, Number.POSITIVE_INFINITY) > 500; n += 1) {
    assert.ok(n < 30, `waited ${waits} ms`);
    const began = performance.now();
    await ada.as.tags.create({ name: `tag ${n}` });
    await until(n);
    waits.push(performance.now() - began);
    await pause(600);
  }
  await stop();
});

test('what is rolled back is never told, what another process commits is', async (t) => {
  const { app, db } = world;
  const ada = await world.user();
  const { listener, until, events } = createListener();
  const stop = await app.on(['task.created', 'tag.created'], listener);
  const host = await hostTransaction(t, db);
  await app.withTransaction(host).as(ada.actor).tasks.create({ title: 'never' });
  await assert.rejects(ada.as.tasks.create({ title: 'x', tagIds: ['0198c0de-0000-7000-8000-000000000000'] }));
  await host.rollback();
  const elsewhere = anotherApp(db).as(ada.actor);
  const tag = await elsewhere.tags.create({ name: 'home' });
  await until(1);
  await aLook();
  assert.deepEqual(
    events.map(({ entityId }) => entityId),
    [tag.id],
  );
  await stop();
});

test('what is committed late is told, and nothing is told before what its workspace had first', async (t) => {
  const { app, db } = world;
  const ada = await world.user();
  const bob = await world.user();
  const { listener, until, seqs, events } = createListener();
  const stop = await app.on('task.created', listener);
  // Has the lowest number, and the highest version of Ada's workspace.
  const late = await hostTransaction(t, db);
  await beginToWrite(late);
  // Is in progress while a transaction with a higher number is over.
  const unrelated = await hostTransaction(t, db);
  await beginToWrite(unrelated);
  const first = await ada.as.tasks.create({ title: 'first' });
  const second = await app.withTransaction(late).as(ada.actor).tasks.create({ title: 'second' });
  await bob.as.tasks.create({ title: 'other' });
  await aLook();
  assert.deepEqual(events, [], 'a transaction that is not over may have come before');
  await late.commit();
  await aLook();
  assert.deepEqual(events, [], 'the first one is of a transaction that is not known to be over');
  await unrelated.commit();
  await until(3);
  const ofAda = events.filter(({ workspaceId }) => workspaceId === first.workspaceId);
  assert.deepEqual(
    ofAda.map(({ entityId }) => entityId),
    [first.id, second.id],
  );
  assert.deepEqual(seqs().sort(), [2, 2, 3]);
  await stop();
});

test('many changes at once are told once each, in the order of their workspace', async () => {
  const { app } = world;
  const users = await Promise.all([1, 2, 3].map(() => world.user()));
  const { listener, until, events } = createListener();
  const stop = await app.on('task.created', listener);
  const titles = Array.from({ length: 120 }, (_, n) => `task ${n}`);
  await Promise.all(users.flatMap((user) => titles.map((title) => user.as.tasks.create({ title }))));
  await until(360, 20_000);
  await aLook();
  assert.equal(new Set(events.map(({ id }) => id)).size, 360);
  assert.equal(events.length, 360);
  for (const { id } of users) {
    const seqs = events.filter(({ actor }) => actor.userId === id).map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      titles.map((_, n) => n + 2),
    );
  }
  await stop();
});

test('a listener that fails is told again, the others go on, and a poisonous event can be given up', async () => {
  const lines: { message: string; eventId?: string }[] = [];
  const log = {
    debug() {},
    info() {},
    warn() {},
    error: (message: string, meta?: object) => lines.push({ message, ...meta }),
  };
  const counted: string[] = [];
  const app = anotherApp(world.db, { log, count: (what) => counted.push(what) });
  const ada = await world.user();
  const calls: (number | null)[] = [];
  const steady = createListener();
  const stops = [
    await app.on(
      'task.created',
      ({ seq, changes }) => {
        calls.push(seq);
        assert.throws(() => Object.assign(changes, { title: 'x' }), TypeError, 'it is frozen');
        if (seq === 2 && calls.length === 1) throw new Error('once');
        if (seq === 3) throw new Error('always');
      },
      { maxAttempts: 2 },
    ),
    await app.on('*', steady.listener),
  ];
  for (const title of ['a', 'b', 'c']) await app.as(ada.actor).tasks.create({ title });
  await steady.until(3);
  while (calls.length < 5) await pause(20);
  assert.deepEqual(calls, [2, 2, 3, 3, 4]);
  assert.deepEqual(
    lines.map(({ message }) => message.slice(0, 20)),
    ['A listener failed; t', 'A listener failed; t', 'An event is given up'],
  );
  assert.equal(lines[2]?.eventId, steady.events[1]?.id);
  const times = (what: string) => counted.filter((seen) => seen === what).length;
  assert.deepEqual([times('event_failed'), times('event_given_up'), times('event_told')], [3, 1, 5]);
  for (const stop of stops) await stop();
});

test('closing waits for the call under way and tells nothing more; what is wrong is refused', async (t) => {
  const app = anotherApp(world.db);
  const ada = await world.user();
  const steps: string[] = [];
  await app.on('task.created', async () => {
    steps.push('begin');
    await pause(200);
    steps.push('end');
  });
  for (const title of ['a', 'b']) await app.as(ada.actor).tasks.create({ title });
  while (steps.length === 0) await pause(5);
  await app.close();
  assert.deepEqual(steps, ['begin', 'end']);
  await assert.rejects(
    app.on('*', () => undefined),
    /the app is closed/,
  );
  const { on } = world.app;
  await assert.rejects(
    on('task.exploded' as never, () => undefined),
    /no such type of event: task\.exploded\. There are task\.created/,
  );
  await assert.rejects(on('*', null as never), /must be a function/);
  await assert.rejects(
    on('*', () => undefined, { name: 'a b' }),
    /a name is 1 to 100/,
  );
  await assert.rejects(
    on('*', () => undefined, { maxAttempts: 0 }),
    /maxAttempts must be 1 or more/,
  );
  const host = await hostTransaction(t, world.db);
  await assert.rejects(
    anotherApp(host).on('*', () => undefined),
    /before it is committed/,
  );
});
