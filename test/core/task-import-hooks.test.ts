import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { veto } from '@taskapp/core';
import { eventsOf } from '../support/factories.ts';
import { createHookedWorld } from '../support/hooks.ts';

let world: Awaited<ReturnType<typeof createHookedWorld>>;
before(async () => {
  world = await createHookedWorld();
});

test('the hooks of a host are around every task and tag that an import makes or changes', async () => {
  const seen: unknown[] = [];
  const { me } = await world.hooked({
    task: {
      beforeCreate: (_ctx, input) => ({ ...input, title: `${input.title}!` }),
      afterCreate: (_ctx, task) => void seen.push(['made', task.title, task.tags.map(({ name }) => name)]),
      beforeUpdate: (_ctx, changes, current) => {
        seen.push(['changes', changes, current.title]);
        return { ...changes, priority: 'URGENT' };
      },
      afterUpdate: (_ctx, updated, former) => void seen.push(['changed', updated.priority, former.priority]),
    },
    tag: { beforeCreate: (_ctx, input) => ({ ...input, color: '#abcdef' }) },
  });
  const id = crypto.randomUUID();
  const task = {
    id,
    title: 'One',
    createdAt: '2020-01-01T00:00:00.000Z',
    tags: [{ name: 'home' }],
    metadata: { a: 1 },
  };
  const { results } = await me.tasks.import({ tasks: [task, { title: 'Two' }] });
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['created', 'created'],
  );
  const changed = await me.tasks.import({ tasks: [{ id, title: 'One!', description: 'new' }] });
  assert.deepEqual(
    changed.results.map(({ outcome }) => outcome),
    ['updated'],
  );
  assert.deepEqual(seen, [
    ['made', 'One!', ['home']],
    ['made', 'Two!', []],
    ['changes', { description: 'new' }, 'One!'],
    ['changed', 'URGENT', 'MEDIUM'],
  ]);
  const { tasks } = await me.tasks.export();
  const one = tasks.find((each) => each.id === id);
  assert.deepEqual(
    [one?.createdAt.toISOString(), one?.metadata, one?.tags[0]?.color],
    [task.createdAt, { a: 1 }, '#abcdef'],
  );
  const types = (await eventsOf(world.db, id)).map(({ type, changes }) => [
    type,
    Object.keys(changes).includes('priority'),
  ]);
  assert.deepEqual(types, [
    ['task.created', true],
    ['task.updated', true],
  ]);
});

test('what a hook throws undoes the whole import', async () => {
  const { me } = await world.hooked({
    task: { beforeCreate: (_ctx, { title }) => (title === 'bad' ? veto('No') : undefined) },
  });
  await assert.rejects(me.tasks.import({ tasks: [{ title: 'good', tags: [{ name: 'x' }] }, { title: 'bad' }] }), /No/);
  assert.deepEqual((await me.tasks.export()).tasks, []);
  assert.deepEqual((await me.tags.list()).tags, []);
});
