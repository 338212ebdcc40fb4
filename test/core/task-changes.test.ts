import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

test('changes of one task at once follow each other: each tells what the one before it has left', async () => {
  const { as } = await world.user();
  const { id } = await as.tasks.create({ title: 'start', priority: 'LOW' });
  const titles = Array.from({ length: 20 }, (_, n) => `title ${n}`);
  await Promise.all(titles.map((title) => as.tasks.update({ id, title })));
  const log = world.db('taskapp.events').where({ entity_id: id, type: 'task.updated' }).orderBy('seq');
  const steps: { from: string; to: string }[] = (await log.pluck('changes')).map(({ title }) => title);
  assert.deepEqual(steps.map(({ to }) => to).sort(), titles.sort());
  assert.deepEqual(
    steps.map(({ from }) => from),
    ['start', ...steps.slice(0, -1).map(({ to }) => to)],
  );
  const { version, title } = await as.tasks.get({ id });
  assert.deepEqual([version, title], [21, steps.at(-1)?.to]);
});
