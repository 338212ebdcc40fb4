import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let sent = 0;
before(async () => {
  world = await createWorld({ cache: false, redis: null });
  world.db.on('query', () => {
    sent += 1;
  });
});

/** Somebody with so many tasks, every other with a tag, and the context in which HTTP would call for them. */
async function withTasks(count: number) {
  const user = await world.user();
  const { id: tagId } = await user.as.tags.create({ name: 'home' });
  const { workspace } = await world.app.access.authenticate(world.app.access.verify(user.accessToken));
  const ctx = { actor: user.actor, workspace };
  for (let n = 0; n < count; n += 1) {
    await world.app.tasks.create(ctx, { title: `task ${n}`, tagIds: n % 2 === 0 ? [tagId] : [] });
  }
  return ctx;
}

test('lists that are asked for in one turn are read a few at a time, and each is the one that was asked for', async () => {
  const [few, many, none] = await Promise.all([withTasks(3), withTasks(45), withTasks(0)]);
  const asked = [
    [many, {}],
    [few, {}],
    [many, { page: 3 }],
    [none, {}],
    [many, { page: 2, limit: 7 }],
    [many, { page: 4 }],
    [many, { limit: 100 }],
    [many, { sort: 'createdAt' }],
    [few, { status: 'TODO' }],
    [few, { count: false }],
  ] as const;
  const alone = [];
  for (const [ctx, input] of asked) alone.push(await world.app.tasks.list(ctx, input));
  assert.deepEqual(
    alone.map(({ tasks }) => tasks.length),
    [20, 3, 5, 0, 7, 0, 45, 20, 3, 3],
  );
  sent = 0;
  assert.deepEqual(await Promise.all(asked.map(([ctx, input]) => world.app.tasks.list(ctx, input))), alone);
  assert.equal(sent, 2 + 4, 'six of them are usual ones: four in one statement, two in another');
});
