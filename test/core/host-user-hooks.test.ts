import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createTaskApp, type HostedTaskAppHooks, type TaskAppEvent } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { testDatabase } from '../support/database.ts';
import { actorOf } from '../support/host.ts';

const { db } = await testDatabase();
const make = (hooks: HostedTaskAppHooks = {}) => {
  const app = createTaskApp({ db, redis: null, users: { find: (id) => ({ id }) }, hooks });
  atEnd(app.close);
  return app;
};

test('hooks know people by the ids of the host, and are given an app of its kind', async () => {
  const seen: unknown[] = [];
  const app = make({
    task: {
      beforeCreate: ({ actor }, input) => {
        seen.push(actor.kind === 'user' && actor.userId);
        return { ...input, title: `${input.title}!` };
      },
      afterCreate: async ({ app, actor, trx }, task) => {
        seen.push(task.userId, task.createdAt instanceof Date, (await trx.raw('select 1 as one')).rows[0].one);
        if (task.title === 'Pack!') await app.as(actor).tasks.create({ title: 'Send' });
        // @ts-expect-error accounts are the host's
        assert.ok(app.users);
      },
      afterUpdate: (_ctx, task, before) => void seen.push(task.userId, before.userId),
    },
  });
  const ada = app.as(actorOf('ada'));
  const task = await ada.tasks.create({ title: 'Pack' });
  assert.deepEqual([task.title, task.userId], ['Pack!', 'ada']);
  assert.deepEqual(seen.splice(0), ['ada', 'ada', true, 1, 'ada', 'ada', true, 1]);
  const { tasks } = await ada.tasks.list();
  assert.deepEqual(
    tasks.map(({ title, userId }) => [title, userId]),
    [
      ['Send!', 'ada'],
      ['Pack!', 'ada'],
    ],
  );
  await ada.tasks.update({ id: task.id, status: 'DONE' });
  assert.deepEqual(seen, ['ada', 'ada']);
});

test('what a hook refuses is undone, and the person with it', async () => {
  const app = make({
    tag: {
      afterCreate: () => {
        throw new Error('no tags here');
      },
    },
  });
  const made = db.transaction((trx) => app.withTransaction(trx).as(actorOf('grace')).tags.create({ name: 'home' }));
  await assert.rejects(made, /no tags here/);
  assert.deepEqual(await db('taskapp.users').where('external_id', 'grace'), []);
});

test('listeners are told of people by the ids of the host', async () => {
  const app = make();
  const told = new EventTarget();
  const events: TaskAppEvent[] = [];
  const stop = await app.on(['task.created', 'user.created'], (event) => {
    events.push(event);
    if (event.type === 'task.created') told.dispatchEvent(new Event('told'));
  });
  const heard = once(told, 'told', { signal: AbortSignal.timeout(20_000) });
  await app.as(actorOf('linus')).tasks.create({ title: 'Buy milk' });
  await heard;
  await stop();
  assert.deepEqual(
    events.map(({ type, actor }) => [type, actor.userId]),
    [
      ['user.created', 'linus'],
      ['task.created', 'linus'],
    ],
  );
  await assert.rejects(app.on('task.created', 1 as never), TypeError);
});

test('hooks around accounts mean nothing there', () => {
  const hooks = { user: { afterCreate: () => undefined } } as HostedTaskAppHooks;
  assert.throws(() => make(hooks), /hooks\.user: Means nothing where accounts are the host's/);
});
