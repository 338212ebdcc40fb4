import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { contracts, operations, runAsJson } from '@taskapp/core';
import { Task } from '../../packages/core/src/tasks/task.model.ts';
import { createWorld, type TestUser, type World } from '../support/world.ts';

let world: World;
let user: TestUser;
before(async () => {
  // The session's time zone is the host's; the view is in UTC whatever that is.
  world = await createWorld({ redis: null });
  await world.db.raw(`alter database ${new URL(world.url).pathname.slice(1)} set timezone = 'Asia/Kathmandu'`);
  await world.db.destroy();
  world.db.initialize();
  user = await world.user();
});

const AWKWARD = '"quoted" \\ back\\slash / \u2028 \u{1F600} é ٣ </script> \u00a0 {"a":1}';
const TASKS = [
  { title: 'plain' },
  { title: AWKWARD, description: `${AWKWARD}\n\tnext line`, status: 'DONE', priority: 'URGENT' },
  { title: 'first day', dueDate: '1970-01-01T00:00:00.001Z', priority: 'LOW' },
  { title: 'last day', dueDate: '9999-12-31T23:59:59.999Z', status: 'CANCELLED' },
  { title: 'offset', description: '', dueDate: '2027-03-28T02:30:00.5+05:45' },
] as const;

/** The same by way of model and contract: what PostgreSQL writes has to be this, character by character. */
async function jsonByModel(id: string): Promise<string> {
  const task = (await Task.query(world.db).findById(id)) as Task;
  const tags = await world
    .db('taskapp.tags as g')
    .join('taskapp.task_tags as l', 'l.tag_id', 'g.id')
    .where('l.task_id', id)
    .orderByRaw('lower(g.name)')
    .select('g.id', 'g.name', 'g.color');
  return JSON.stringify(contracts.tasks.get.output.parse({ ...task.toJSON(), tags, userId: task.creatorId }));
}

const asJson = async (name: string, input: object): Promise<string | undefined> => {
  const operation = operations.find(({ id }) => id === name)!;
  return (await runAsJson(world.app, operation, { actor: user.actor }, input)).json;
};

test('the JSON that PostgreSQL makes of a task is that of model and contract, in every operation', async () => {
  const tags = [];
  for (const name of ['zebra', AWKWARD.slice(0, 20), 'Äpfel', 'apple']) tags.push(await user.as.tags.create({ name }));
  for (const [index, task] of TASKS.entries()) {
    const tagIds = tags.slice(0, index).map(({ id }) => id);
    const created = (await asJson('tasks.create', { ...task, tagIds })) as string;
    const { id } = JSON.parse(created);
    assert.equal(created, await jsonByModel(id));
    assert.equal(await asJson('tasks.get', { id }), created);
    assert.equal(await asJson('tasks.update', { id }), created, 'nothing changed');
    const updated = await asJson('tasks.update', { id, title: `${task.title}!`, tagIds: tagIds.slice(1) });
    assert.equal(updated, await jsonByModel(id));
    assert.equal(await asJson('tasks.list', { limit: 1, count: false }), await listOf(id));
    await world.db('taskapp.tasks').where({ id }).update({ creator_id: null });
    assert.equal(await asJson('tasks.get', { id }), await jsonByModel(id), 'of an account that is gone');
  }
});

async function listOf(id: string): Promise<string> {
  const { pagination } = await user.as.tasks.list({ limit: 1, count: false });
  return `{"tasks":[${await jsonByModel(id)}],"pagination":${JSON.stringify(pagination)}}`;
}
