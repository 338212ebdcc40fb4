import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { connect, createTaskApp, operations, runAsJson, type TaskApp } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { blockedBackend, codeOf, hostTransaction } from '../support/factories.ts';
import { type FaultyNetwork, startProxy } from '../support/proxy.ts';
import { createWorld, SYSTEM, secrets, type World } from '../support/world.ts';

let world: World;
let proxy: FaultyNetwork;
/** Behind the proxy. */
let far: TaskApp;
let sent: string[] = [];

before(async () => {
  world = await createWorld();
  world.db.on('query', ({ sql }: { sql: string }) => sent.push(sql));
  proxy = await startProxy(world.url);
  const db = connect(proxy.url, { poolMax: 5 });
  far = createTaskApp({ db, redis: null, secrets: secrets(), passwords: { cost: 4 } });
  atEnd(() => db.destroy());
  atEnd(far.close);
});
beforeEach(() => {
  sent = [];
});

/** Somebody with a task, and the context in which HTTP would call for them: it has their workspace already. */
async function withTask() {
  const user = await world.user();
  const task = await user.as.tasks.create({ title: 'start' });
  const ctx = { actor: user.actor, workspace: { id: task.workspaceId, stamp: '1-1' } };
  return { ...user, task, ctx };
}
type Member = Awaited<ReturnType<typeof withTask>>;
const members = (count: number): Promise<Member[]> => Promise.all(Array.from({ length: count }, withTask));

const create = ({ ctx }: Member, title: string, app = world.app) => app.tasks.create(ctx, { title });
const rename = ({ ctx, task }: Member, title: string, app = world.app) => app.tasks.update(ctx, { id: task.id, title });
const changesOf = (text: string) => sent.filter((sql) => sql.includes(text)).length;
const sequenceOf = (workspaceId: string): Promise<string[]> =>
  world.db('taskapp.events').where({ workspace_id: workspaceId }).orderBy('seq').pluck('seq');

test('what is made or changed in one turn of the event loop is one statement, and each caller gets their own', async () => {
  const [ada, bob] = (await members(2)) as [Member, Member];
  sent = [];
  const titles = ['one', 'two', 'three'];
  const made = await Promise.all([...titles.map((title) => create(ada, title)), create(bob, 'four')]);
  assert.equal(sent.length, 1);
  assert.deepEqual(
    made.map(({ title, userId, version }) => [title, userId, version]),
    [...titles.map((title) => [title, ada.id, 1]), ['four', bob.id, 1]],
  );
  assert.deepEqual(
    (await ada.as.tasks.list()).tasks.map(({ title }) => title),
    ['three', 'two', 'one', 'start'],
  );

  sent = [];
  const [changed, other, same] = await Promise.all([
    rename(ada, 'changed'),
    rename(bob, 'other'),
    world.app.tasks.update({ actor: SYSTEM }, { id: made[0]!.id, title: 'one' }),
  ]);
  assert.equal(changesOf('update taskapp.tasks'), 1);
  assert.deepEqual([changed.title, changed.version, other.title], ['changed', 2, 'other']);
  assert.deepEqual(same, made[0], 'nothing to change, so nothing is recorded');
  for (const { task } of [ada, bob]) {
    const { version, task_count } = await world.db('taskapp.workspaces').where({ id: task.workspaceId }).first();
    const { pagination } = await world.app.tasks.list({ actor: SYSTEM }, { workspaceId: task.workspaceId });
    const seqs = await sequenceOf(task.workspaceId);
    assert.deepEqual(
      seqs,
      seqs.map((_, at) => `${at + 2}`),
      'versions without gaps, in the order of the calls',
    );
    assert.deepEqual([version, task_count], [seqs.at(-1), pagination.total]);
  }
});

test('together or alone makes no difference to the answer and to the log', async () => {
  const { ctx, actor } = await withTask();
  const call = async (name: string, input: object) => {
    const operation = operations.find(({ id }) => id === name)!;
    const facts = { ...ctx, actor, requestId: 'r-1', ip: '10.0.0.1' };
    const { json = '', version } = await runAsJson(world.app, operation, facts, input);
    const { id } = JSON.parse(json) as { id: string };
    const { seq, entity_id, created_at, xid, ...event } = (await world
      .db('taskapp.events')
      .where({ entity_id: id })
      .orderBy('seq', 'desc')
      .first())!;
    return { id, version, event: { ...event, id: '' }, json: json.replaceAll(/"(id|\w+At)":"[^"]+"/g, '"$1":""') };
  };
  const compare = async (name: string, inputs: readonly object[]) => {
    const alone = await call(name, inputs[0]!);
    const together = await Promise.all(inputs.slice(1).map((input) => call(name, input)));
    for (const { id, ...one } of together) assert.deepEqual({ id: alone.id, ...one }, alone);
    return [alone.id, ...together.map(({ id }) => id)];
  };
  const text = '"a" \\ é \u2028 \u{1F600}';
  const task = { title: text, description: `${text}\n\ty`, priority: 'URGENT', dueDate: '2030-01-01T00:00:00.5+05:45' };
  const ids = await compare('tasks.create', [task, task, task]);
  const updates = [
    { title: 'changed', status: 'DONE', dueDate: null },
    { description: null, priority: 'LOW' },
    { description: '', dueDate: '9999-12-31T23:59:59.999Z', status: 'TODO' },
  ];
  for (const update of updates)
    await compare(
      'tasks.update',
      ids.map((id) => ({ id, ...update })),
    );
});

test('a refusal is that of its caller alone', async () => {
  const [ada, bob] = (await members(2)) as [Member, Member];
  const gone = await withTask();
  await world.app.users.remove({ actor: SYSTEM }, { id: gone.id });
  const codes = await Promise.all(
    [
      rename(ada, 'mine'),
      world.app.tasks.update(bob.ctx, { id: ada.task.id, title: 'theirs' }),
      world.app.tasks.update({ ...bob.ctx, ifMatch: [7] }, { id: bob.task.id, title: 'late' }),
      rename(gone, 'gone'),
      create(ada, 'new'),
      create(gone, 'gone'),
    ].map(codeOf),
  );
  const refusals = ['task.forbidden', 'input.version_conflict', 'task.not_found'];
  assert.deepEqual(codes, ['ok', ...refusals, 'ok', 'workspace.forbidden']);
  assert.deepEqual(
    (await ada.as.tasks.list()).tasks.map(({ title }) => title),
    ['new', 'mine'],
  );
  assert.deepEqual((await bob.as.tasks.list()).tasks, [bob.task]);
});

test('what fails in the database fails for its caller alone', async () => {
  const [ada, bob] = (await members(2)) as [Member, Member];
  await world.db.raw(`alter table taskapp.tasks add constraint no_bombs check (title <> 'bomb')`);
  try {
    for (const act of [create, rename]) {
      const settled = await Promise.allSettled([act(ada, 'bomb'), act(bob, 'fine'), act(ada, 'good')]);
      assert.deepEqual(
        settled.map(({ status }) => status),
        ['rejected', 'fulfilled', 'fulfilled'],
      );
    }
  } finally {
    await world.db.raw('alter table taskapp.tasks drop constraint no_bombs');
  }
  assert.deepEqual(await sequenceOf(bob.task.workspaceId), ['2', '3', '4']);
});

test('nobody waits for the locks that another call meets', async (t) => {
  const [ada, bob] = (await members(2)) as [Member, Member];
  const locks = [
    { table: 'taskapp.tasks', id: ada.task.id, acts: [rename] },
    { table: 'taskapp.workspaces', id: ada.task.workspaceId, acts: [rename, create] },
  ];
  for (const { table, id, acts } of locks) {
    for (const act of acts) {
      const host = await hostTransaction(t, world.db);
      await host(table).where({ id }).forUpdate().first();
      const waiting = act(ada, `after ${table}`);
      await act(bob, `beside ${table}`);
      await blockedBackend(world.db);
      await host.rollback();
      assert.equal((await waiting).title, `after ${table}`);
    }
  }
});

test('changes of the same task in one turn follow each other', async () => {
  const [ada, bob] = (await members(2)) as [Member, Member];
  const made = await Promise.all([rename(ada, 'a'), rename(bob, 'other'), rename(ada, 'b'), rename(ada, 'c')]);
  const versions = made.filter(({ id }) => id === ada.task.id).map(({ version }) => version);
  assert.deepEqual(versions.sort(), [2, 3, 4]);
  assert.deepEqual(await sequenceOf(ada.task.workspaceId), ['2', '3', '4', '5']);
});

test('an answer that gets lost is looked up for each caller', async () => {
  const [ada, bob] = (await members(2)) as [Member, Member];
  const act = async (
    acts: readonly ((member: Member, title: string, app: TaskApp) => Promise<unknown>)[],
    text: string,
  ) => {
    proxy.cutAfter(text);
    const [first, second] = acts as [typeof create, typeof create];
    return Promise.all([first(ada, 'kept', far), second(bob, 'kept', far)]).finally(() => proxy.cutAfter('nothing'));
  };
  const made = await act([create, create], 'insert into taskapp.tasks');
  assert.deepEqual(
    made.map((task) => [task]),
    await Promise.all([ada, bob].map(async ({ as }) => (await as.tasks.list({ limit: 1 })).tasks)),
  );
  await act([rename, rename], 'update taskapp.tasks');
  for (const { as, task } of [ada, bob]) assert.equal((await as.tasks.get({ id: task.id })).version, 2);
});

test('on a transaction of the host each call has a savepoint of its own', async (t) => {
  const [ada, bob] = (await members(2)) as [Member, Member];
  const host = await hostTransaction(t, world.db);
  const app = world.app.withTransaction(host);
  const stranger = app.tasks.update(bob.ctx, { id: ada.task.id, title: 'x' });
  assert.deepEqual(
    await Promise.all([rename(ada, 'in', app as TaskApp), stranger, create(bob, 'in', app as TaskApp)].map(codeOf)),
    ['ok', 'task.forbidden', 'ok'],
  );
  await host.rollback();
  assert.deepEqual(await bob.as.tasks.list(), await bob.as.tasks.list({ limit: 20 }));
  assert.deepEqual((await bob.as.tasks.list()).tasks, [bob.task]);
});
