import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { TaskView } from '@taskapp/core';
import { addMember, codeOf, eventsOf, problemsOf, refused, tally } from '../support/factories.ts';
import { createWorld, type TestUser, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld({ passwords: { cost: 4, maxQueue: 1000 } });
});

const MISSING = '01890000-0000-7000-8000-000000000000';
const workspaceOf = async (workspaceId: string) => {
  const row = await world.db('taskapp.workspaces').where({ id: workspaceId }).first('version', 'task_count');
  const [{ n }] = (await world.db('taskapp.tasks').where({ workspace_id: workspaceId }).count({ n: '*' })) as [
    { n: string },
  ];
  return { version: Number(row.version), taskCount: row.task_count, counted: Number(n) };
};
/** A user with one tag and one task that carries it. */
async function withTask() {
  const user = await world.user();
  const tag = await user.as.tags.create({ name: 'home' });
  const task = await user.as.tasks.create({
    title: 'one',
    tagIds: [tag.id],
    description: 'text',
    dueDate: '2030-01-01T00:00:00Z',
  });
  return { ...user, tag, task };
}

test('a task gets defaults for what is absent, and is the same wherever it is read', async () => {
  const { as, id: userId } = await world.user();
  const task = await as.tasks.create({ title: ' one ' });
  const { id, workspaceId, createdAt, updatedAt, ...rest } = task;
  assert.deepEqual(rest, {
    title: 'one',
    description: null,
    status: 'TODO',
    priority: 'MEDIUM',
    dueDate: null,
    completedAt: null,
    userId,
    version: 1,
    tags: [],
  });
  assert.deepEqual([await as.tasks.get({ id }), (await as.tasks.list()).tasks], [task, [task]]);
  assert.deepEqual(updatedAt, createdAt);
  assert.deepEqual(await workspaceOf(workspaceId), { version: 2, taskCount: 1, counted: 1 });
});

test('completedAt follows the status', async () => {
  const { as } = await world.user();
  const done = await as.tasks.create({ title: 'born done', status: 'DONE' });
  assert.ok(done.completedAt instanceof Date);
  const { id } = done;
  const edited = await as.tasks.update({ id, status: 'DONE', title: 'edited' });
  assert.deepEqual(edited.completedAt, done.completedAt, 'still the first time');
  assert.equal((await as.tasks.update({ id, status: 'IN_PROGRESS' })).completedAt, null);
  assert.equal((await as.tasks.update({ id, priority: 'LOW' })).completedAt, null);
  const again = await as.tasks.update({ id, status: 'DONE' });
  assert.ok(again.completedAt! > done.completedAt!);
  assert.equal((await as.tasks.update({ id, status: 'CANCELLED' })).completedAt, null);
});

test('a change names what it changes: absent keeps, null clears', async () => {
  const { as, task, tag } = await withTask();
  const { id } = task;
  const changed = await as.tasks.update({ id, title: 'two', priority: 'URGENT' });
  assert.deepEqual(changed, { ...task, title: 'two', priority: 'URGENT', version: 2, updatedAt: changed.updatedAt });
  const cleared = await as.tasks.update({ id, description: null, dueDate: null, tagIds: [] });
  assert.deepEqual([cleared.description, cleared.dueDate, cleared.tags], [null, null, []]);
  assert.deepEqual((await as.tasks.update({ id, tagIds: [tag.id], description: '' })).tags, task.tags);
  for (const field of ['title', 'status', 'priority', 'tagIds']) {
    assert.equal((await problemsOf(as.tasks.update({ id, [field]: null } as never))).length, 1, field);
  }
});

test('a change that changes nothing has no version and no event', async () => {
  const { as, task, tag } = await withTask();
  const { id, workspaceId } = task;
  const before = await workspaceOf(workspaceId);
  const same = {
    title: ' one',
    description: 'text',
    status: 'TODO',
    priority: 'MEDIUM',
    dueDate: '2030-01-01T01:00:00+01:00',
  } as const;
  for (const nothing of [{}, same, { tagIds: [tag.id] }, { title: undefined } as object]) {
    assert.deepEqual(await as.tasks.update({ id, ...nothing }), task);
  }
  assert.deepEqual([await workspaceOf(workspaceId), (await eventsOf(world.db, id)).length], [before, 1]);
});

test('tags are replaced as a whole; one that is foreign or unknown refuses everything', async () => {
  const { as, task, tag } = await withTask();
  const { id, workspaceId } = task;
  const b = await as.tags.create({ name: 'Bees' });
  const a = await as.tags.create({ name: 'ants' });
  const replaced = await as.tasks.update({ id, tagIds: [b.id, a.id.toUpperCase()] });
  assert.deepEqual(
    replaced.tags.map(({ name }) => name),
    ['ants', 'Bees'],
  );
  const foreign = (await withTask()).tag;
  const before = await workspaceOf(workspaceId);
  for (const bad of [foreign.id, MISSING]) {
    const problem = ['tagIds.1: No such tag in the workspace of the task'];
    assert.deepEqual(await problemsOf(as.tasks.update({ id, title: 'no', tagIds: [tag.id, bad] })), problem);
    assert.deepEqual(await problemsOf(as.tasks.create({ title: 'no', tagIds: [tag.id, bad] })), problem);
  }
  assert.deepEqual([await as.tasks.get({ id }), await workspaceOf(workspaceId)], [replaced, before]);
  assert.equal((await problemsOf(as.tasks.update({ id, tagIds: [a.id, a.id] }))).length, 1);
  assert.equal((await problemsOf(as.tasks.update({ id, tagIds: ['no-id'] }))).length, 1);
});

test('a stranger is refused whatever they try, and nothing changes', async () => {
  const { task, tag } = await withTask();
  const { id } = task;
  const stranger = await world.user();
  const before = await workspaceOf(task.workspaceId);
  await refused(stranger.as.tasks.get({ id }), 'task.forbidden');
  await refused(stranger.as.tasks.update({ id, title: 'mine' }), 'task.forbidden');
  await refused(stranger.as.tasks.update({ id }), 'task.forbidden');
  await refused(stranger.as.tasks.remove({ id }), 'task.forbidden');
  await refused(stranger.as.tasks.create({ title: 'in', workspaceId: task.workspaceId }), 'workspace.forbidden');
  await refused(stranger.as.tasks.list({ workspaceId: task.workspaceId }), 'workspace.forbidden');
  await refused(stranger.as.tasks.list({ workspaceId: MISSING }), 'workspace.forbidden');
  assert.deepEqual((await stranger.as.tasks.list({ tagId: tag.id })).tasks, []);
  const admin = await world.user({ role: 'ADMIN' });
  await refused(admin.as.tasks.get({ id }), 'task.forbidden');
  assert.deepEqual(await workspaceOf(task.workspaceId), before);
});

test('what is not there is not found, whatever its id looks like', async () => {
  const { as, task } = await withTask();
  await as.tasks.remove({ id: task.id });
  for (const id of [MISSING, task.id, 'no-id', '', '1', `${MISSING}0`, "' or 1=1", '\0']) {
    await refused(as.tasks.get({ id }), 'task.not_found');
    await refused(as.tasks.update({ id, title: 'x' }), 'task.not_found');
    await refused(as.tasks.remove({ id }), 'task.not_found');
  }
});

test('members work together by their roles, viewers only look', async () => {
  const owner = await withTask();
  const { workspaceId, id } = owner.task;
  const join = async (role: string): Promise<TestUser> => {
    const user = await world.user();
    await addMember(world.db, { workspace_id: workspaceId, user_id: user.id, role });
    return user;
  };
  for (const role of ['ADMIN', 'MEMBER']) {
    const { as, id: userId } = await join(role);
    const task = await as.tasks.create({ title: role, workspaceId, tagIds: [owner.tag.id] });
    assert.deepEqual([task.userId, task.workspaceId], [userId, workspaceId]);
    await as.tasks.update({ id, title: `by ${role}` });
    assert.deepEqual(await as.tasks.list({ workspaceId }), { ...(await owner.as.tasks.list()) });
    await as.tasks.remove({ id: task.id });
    assert.equal((await as.tasks.list()).pagination.total, 0, 'their own workspace');
  }
  const viewer = (await join('VIEWER')).as;
  assert.equal((await viewer.tasks.get({ id })).title, 'by MEMBER');
  assert.equal((await viewer.tasks.list({ workspaceId })).pagination.total, 1);
  await refused(viewer.tasks.create({ title: 'no', workspaceId }), 'workspace.forbidden');
  await refused(viewer.tasks.update({ id, title: 'no' }), 'task.forbidden');
  await refused(viewer.tasks.remove({ id }), 'task.forbidden');
  await refused(viewer.tags.create({ name: 'no', workspaceId }), 'workspace.forbidden');
  await refused(viewer.tags.update({ id: owner.tag.id, name: 'no' }), 'tag.forbidden');
});

test('the system works in any workspace it names, and the log says why', async () => {
  const { app, db } = world;
  const { task, id: userId } = await withTask();
  const ctx = { actor: { kind: 'system', reason: 'nightly' } as const, requestId: 'r-7' };
  const made = await app.tasks.create(ctx, { title: 'for ada', workspaceId: task.workspaceId });
  assert.equal(made.userId, userId);
  await app.tasks.update(ctx, { id: task.id, title: 'by the system' });
  const event = (await eventsOf(db, task.id)).at(-1);
  assert.deepEqual([event?.actor_kind, event?.actor_reason, event?.request_id], ['system', 'nightly', 'r-7']);
  assert.equal((await app.tasks.list(ctx, { workspaceId: task.workspaceId })).pagination.total, 2);
  assert.ok((await app.tasks.list(ctx)).tasks.some(({ id }) => id === made.id));
  assert.deepEqual(await problemsOf(app.tasks.create(ctx, { title: 'x' })), [
    'workspaceId: Required unless you act as a user',
  ]);
  const lost = app.tasks.create(ctx, { title: 'x', workspaceId: MISSING });
  assert.deepEqual(await problemsOf(lost), ['workspaceId: No such workspace']);
});

test('the log has every change with its values, in the order of the versions of the workspace', async () => {
  const { as, task, tag, actor } = await withTask();
  const { id, workspaceId } = task;
  await as.tasks.update({ id, title: 'two', status: 'DONE', dueDate: null });
  await as.tasks.update({ id, tagIds: [] });
  await as.tasks.remove({ id });
  const events = await eventsOf(world.db, id);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['task.created', 'task.updated', 'task.updated', 'task.removed'],
  );
  assert.deepEqual(
    events.map(({ seq }) => Number(seq)),
    [3, 4, 5, 6],
  );
  assert.deepEqual(events[0]?.changes.tagIds, { to: [tag.id] });
  assert.deepEqual(events[1]?.changes, {
    title: { from: 'one', to: 'two' },
    status: { from: 'TODO', to: 'DONE' },
    dueDate: { from: '2030-01-01T00:00:00.000Z', to: null },
  });
  assert.deepEqual(events[2]?.changes, { tagIds: { from: [tag.id], to: [] } });
  assert.deepEqual([events[3]?.changes.title, events[3]?.actor_id], [{ from: 'two' }, actor.userId]);
  assert.equal((await workspaceOf(workspaceId)).version, 6);
});

test('counts and versions are exact after changes at once', async () => {
  const { as } = await withTask();
  const made = await Promise.all(Array.from({ length: 30 }, (_, n) => as.tasks.create({ title: `task ${n}` })));
  const mixed: Promise<unknown>[] = made.flatMap(({ id }, n) => [
    codeOf(n % 2 ? as.tasks.remove({ id }) : as.tasks.update({ id, title: 'x' })),
    codeOf(as.tasks.remove({ id: n % 3 ? id : MISSING })),
  ]);
  const codes = tally((await Promise.all(mixed)) as string[]);
  assert.deepEqual(Object.keys(codes).sort(), ['ok', 'task.not_found']);
  const { workspaceId } = (await as.tasks.list({ limit: 1 })).tasks[0] as TaskView;
  const { version, taskCount, counted } = await workspaceOf(workspaceId);
  assert.equal(taskCount, counted);
  assert.equal((await as.tasks.list()).pagination.total, counted);
  const seqs: string[] = await world
    .db('taskapp.events')
    .where({ workspace_id: workspaceId })
    .orderBy('seq')
    .pluck('seq');
  assert.deepEqual(
    seqs.map(Number),
    Array.from({ length: version - 1 }, (_, n) => n + 2),
  );
});
