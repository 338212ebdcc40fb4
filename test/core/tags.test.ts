import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { codeOf, eventsOf, problemsOf, refused, tally } from '../support/factories.ts';
import { createWorld, SYSTEM, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

const namesOf = ({ tags }: { tags: { name: string }[] }) => tags.map(({ name }) => name);

test('a tag has a colour, in lower case, and counts its tasks', async () => {
  const { as } = await world.user();
  const tag = await as.tags.create({ name: ' Home ' });
  assert.deepEqual([tag.name, tag.color, tag.taskCount, tag.version], ['Home', '#2563eb', 0, 1]);
  assert.equal((await as.tags.create({ name: 'red', color: '#FF0000' })).color, '#ff0000');
  const [one, two] = [
    await as.tasks.create({ title: '1', tagIds: [tag.id] }),
    await as.tasks.create({ title: '2', tagIds: [tag.id] }),
  ];
  assert.equal((await as.tags.get({ id: tag.id })).taskCount, 2);
  await as.tasks.update({ id: one.id, tagIds: [] });
  await as.tasks.remove({ id: two.id });
  assert.deepEqual(
    (await as.tags.list()).tags.map(({ name, taskCount }) => [name, taskCount]),
    [
      ['Home', 0],
      ['red', 0],
    ],
  );
  for (const color of ['red', '#fff', '#12345g', '#1234567', '']) {
    assert.deepEqual(await problemsOf(as.tags.create({ name: 'x', color })), ['color: Must be a colour like #2563eb']);
  }
});

test('names are unique in a workspace whatever their case, and in no other', async () => {
  const { as } = await world.user();
  const home = await as.tags.create({ name: 'Home' });
  const cafe = await as.tags.create({ name: 'CAF\u00c9' });
  for (const name of ['home', 'HOME', ' Home', 'caf\u00e9', 'Cafe\u0301']) {
    const { message } = await refused(as.tags.create({ name }), 'tag.name_taken');
    assert.equal(message, 'Tag already exists');
  }
  await refused(as.tags.update({ id: cafe.id, name: 'hOME' }), 'tag.name_taken');
  assert.equal((await as.tags.update({ id: home.id, name: 'HOME' })).name, 'HOME');
  await (await world.user()).as.tags.create({ name: 'home' });
  const calls = Array.from({ length: 20 }, (_, n) => codeOf(as.tags.create({ name: n % 2 ? 'race' : 'RACE' })));
  assert.deepEqual(tally(await Promise.all(calls)), { ok: 1, 'tag.name_taken': 19 });
});

test('tags are listed by name without regard to case', async () => {
  const { as } = await world.user();
  for (const name of ['b', 'C', 'a', 'B2']) await as.tags.create({ name });
  assert.deepEqual(namesOf(await as.tags.list()), ['a', 'b', 'B2', 'C']);
  const { id } = (await as.tags.list()).tags[0]!;
  const task = await as.tasks.create({
    title: 'x',
    tagIds: (await as.tags.list()).tags.map((tag) => tag.id).reverse(),
  });
  assert.deepEqual(namesOf(task), ['a', 'b', 'B2', 'C']);
  assert.equal(task.tags[0]?.id, id);
});

test('a new name or colour shows in lists of tasks and tags at once', async () => {
  const { as } = await world.user();
  const tag = await as.tags.create({ name: 'old' });
  await as.tasks.create({ title: 'x', tagIds: [tag.id] });
  await Promise.all([as.tasks.list(), as.tags.list()]);
  const renamed = await as.tags.update({ id: tag.id, name: 'new', color: '#ABCDEF' });
  assert.deepEqual([renamed.version, renamed.taskCount], [2, 1]);
  assert.deepEqual((await as.tasks.list()).tasks[0]?.tags, [{ id: tag.id, name: 'new', color: '#abcdef' }]);
  assert.deepEqual((await as.tags.list()).tags, [renamed]);
  for (const nothing of [{}, { name: 'new' }, { color: '#abcdef' }, { color: '#ABCDEF', name: ' new' }]) {
    assert.deepEqual(await as.tags.update({ id: tag.id, ...nothing }), renamed);
  }
  const events = await eventsOf(world.db, tag.id);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['tag.created', 'tag.updated'],
  );
  assert.deepEqual(events[1]?.changes, { name: { from: 'old', to: 'new' }, color: { from: '#2563eb', to: '#abcdef' } });
});

test('removing a tag keeps its tasks, and their lists know at once', async () => {
  const { as } = await world.user();
  const tag = await as.tags.create({ name: 'going' });
  const kept = await as.tags.create({ name: 'kept' });
  const task = await as.tasks.create({ title: 'x', tagIds: [tag.id, kept.id] });
  await as.tasks.list({ tagId: tag.id });
  await as.tags.remove({ id: tag.id });
  assert.deepEqual(namesOf((await as.tasks.list()).tasks[0]!), ['kept']);
  assert.deepEqual((await as.tasks.list({ tagId: tag.id })).tasks, []);
  assert.equal((await as.tasks.get({ id: task.id })).version, task.version);
  assert.deepEqual((await eventsOf(world.db, tag.id)).at(-1)?.changes.name, { from: 'going' });
  for (const call of [as.tags.get, as.tags.remove, as.tags.update])
    await refused(call({ id: tag.id }), 'tag.not_found');
  for (const id of ['no-id', '']) await refused(as.tags.get({ id }), 'tag.not_found');
});

test('a stranger is refused, the system is not', async () => {
  const { as } = await world.user();
  const { id, workspaceId } = await as.tags.create({ name: 'mine' });
  const stranger = (await world.user()).as.tags;
  for (const call of [stranger.get, stranger.update, stranger.remove]) await refused(call({ id }), 'tag.forbidden');
  await refused(stranger.list({ workspaceId }), 'workspace.forbidden');
  await refused(stranger.create({ name: 'x', workspaceId }), 'workspace.forbidden');
  const { tags } = world.app.as(SYSTEM);
  assert.equal((await tags.update({ id, name: 'by the system' })).name, 'by the system');
  assert.deepEqual(namesOf(await tags.list({ workspaceId })), ['by the system']);
  assert.ok(namesOf(await tags.list()).includes('home'));
});

test('a workspace holds a thousand tags, also when the last are made at once', async () => {
  const { as } = await world.user();
  const { workspaceId } = await as.tags.create({ name: 'first' });
  await world.db.raw(
    `insert into taskapp.tags (id, workspace_id, name, color)
     select gen_random_uuid(), ?, 'tag ' || n, '#000000' from generate_series(2, 995) n`,
    [workspaceId],
  );
  const calls = Array.from({ length: 20 }, (_, n) => codeOf(as.tags.create({ name: `late ${n}` })));
  assert.deepEqual(tally(await Promise.all(calls)), { ok: 5, 'tag.too_many': 15 });
  assert.equal((await as.tags.list()).tags.length, 1000);
});
