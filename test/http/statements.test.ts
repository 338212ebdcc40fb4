import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createHttpApp } from '@taskapp/http';
import supertest from 'supertest';
import { createWorld, type TestUser, type World } from '../support/world.ts';

let world: World;
let ada: TestUser;
let agent: ReturnType<typeof supertest>;
before(async () => {
  world = await createWorld();
  ada = await world.user();
  agent = supertest(createHttpApp(world.app).callback());
});

/** How many statements of SQL a request takes; the one that authenticates it is among them. */
async function statementsOf(send: () => supertest.Test): Promise<number> {
  let statements = 0;
  const count = () => {
    statements += 1;
  };
  world.db.on('query', count);
  const { status } = await send().set('Authorization', ada.bearer);
  world.db.off('query', count);
  assert.ok(status < 300, `answered ${status}`);
  return statements;
}

test('a request takes as few statements as it can', async () => {
  const { id } = await ada.as.tasks.create({ title: 'first' });
  const tag = await ada.as.tags.create({ name: 'home' });
  const list = () => agent.get('/api/tasks');
  assert.equal(await statementsOf(list), 2, 'a list');
  assert.equal(await statementsOf(list), 1, 'the same list again');
  assert.equal(await statementsOf(() => agent.get(`/api/tasks/${id}`)), 2, 'a task');
  assert.equal(await statementsOf(() => agent.post('/api/tasks').send({ title: 'second' })), 2, 'a new task');
  assert.equal(await statementsOf(() => agent.patch(`/api/tasks/${id}`).send({ title: 'renamed' })), 2, 'a change');
  const tagged = { title: 'third', tagIds: [tag.id] };
  // BEGIN, the lock on the tags, the task, COMMIT.
  assert.equal(await statementsOf(() => agent.post('/api/tasks').send(tagged)), 5, 'a new task with tags');
  assert.equal(await statementsOf(() => agent.delete(`/api/tasks/${id}`)), 2, 'an end');
});
