import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { addMember, eventsOf, hostTransaction, problemsOf, refused, tally } from '../support/factories.ts';
import { createWorld, SYSTEM, type TestUser, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

const workspaceOf = async ({ id }: TestUser) =>
  (await world.db('taskapp.workspaces').where({ owner_id: id, personal: true }).first()) as {
    id: string;
    version: string;
    task_count: number;
  };

const outcomes = ({ results }: { results: readonly { outcome: string }[] }) => results.map(({ outcome }) => outcome);

const FULL = {
  title: 'Pay rent',
  description: 'First line\nsecond',
  status: 'DONE' as const,
  priority: 'URGENT' as const,
  dueDate: '2026-02-01T09:00:00.123Z',
  completedAt: '2026-01-30T10:00:00.456Z',
  createdAt: '2025-12-24T18:00:00.789Z',
  updatedAt: '2026-01-30T10:00:01.000Z',
  tags: [{ name: 'Home', color: '#aabbcc' }, { name: 'money' }],
  metadata: { taskwarrior: { project: 'flat', urgency: 1.5, annotations: [{ description: 'a "note"\n' }] } },
};

test('what is exported can be imported as it is, once and again, without loss', async () => {
  const [ada, bob] = [await world.user(), await world.user()];
  const id = randomUUID();
  assert.deepEqual(outcomes(await ada.as.tasks.import({ tasks: [{ id, ...FULL }, { title: 'Plain' }] })), [
    'created',
    'created',
  ]);
  const { tasks } = await ada.as.tasks.export();
  const rent = tasks.find((task) => task.id === id);
  const { tags, ...fields } = FULL;
  const { id: _id, userId, workspaceId: _workspace, version, tags: kept, ...rest } = JSON.parse(JSON.stringify(rent));
  assert.deepEqual(rest, fields);
  assert.deepEqual([userId, version], [ada.id, 1]);
  assert.deepEqual(
    kept.map(({ name, color }: { name: string; color: string }) => [name, color]),
    [
      ['Home', '#aabbcc'],
      ['money', '#2563eb'],
    ],
  );
  assert.ok(tags.length === kept.length);

  const same = JSON.parse(JSON.stringify(tasks));
  assert.deepEqual(outcomes(await ada.as.tasks.import({ tasks: same })), ['unchanged', 'unchanged']);
  assert.deepEqual((await ada.as.tasks.export()).tasks, tasks);

  const copied = await bob.as.tasks.import({ tasks: same, copy: true });
  assert.deepEqual(outcomes(copied), ['created', 'created']);
  assert.deepEqual(outcomes(await bob.as.tasks.import({ tasks: same, copy: true })), ['unchanged', 'unchanged']);
  const bare = (list: object[]) =>
    JSON.parse(JSON.stringify(list)).map(
      ({ id: _a, userId: _b, workspaceId: _c, tags: of, ...task }: Record<string, unknown>) => ({
        ...task,
        tags: (of as { name: string; color: string }[]).map((tag) => [tag.name, tag.color]),
      }),
    );
  assert.deepEqual(bare((await bob.as.tasks.export()).tasks), bare(tasks));
});

test('an export has pages that skip and repeat nothing, and belongs to its caller', async () => {
  const [ada, bob] = [await world.user(), await world.user()];
  const titles = Array.from({ length: 7 }, (_, at) => `Task ${at}`);
  await ada.as.tasks.import({ tasks: titles.map((title) => ({ title, createdAt: '2026-01-01T00:00:00Z' })) });
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await ada.as.tasks.export({ limit: 3, ...(cursor && { cursor }) });
    found.push(...page.tasks.map(({ title }) => title));
    cursor = page.pagination.nextCursor ?? undefined;
  } while (cursor);
  assert.deepEqual(found.toSorted(), titles);
  const { nextCursor } = (await ada.as.tasks.export({ limit: 3 })).pagination;
  assert.match(String(await problemsOf(bob.as.tasks.export({ cursor: nextCursor ?? '' }))), /^cursor: /);
  assert.deepEqual((await bob.as.tasks.export()).tasks, []);
  const { id } = await workspaceOf(ada);
  await refused(bob.as.tasks.export({ workspaceId: id }), 'workspace.forbidden');
  assert.equal((await world.app.tasks.export({ actor: SYSTEM }, { workspaceId: id })).tasks.length, 7);
});

test('every changed task is a version of the workspace and an event, and what stays is none', async () => {
  const ada = await world.user();
  const kept = await ada.as.tasks.create({ title: 'Kept' });
  const [created, before] = [randomUUID(), await workspaceOf(ada)];
  const tasks = [
    { id: kept.id, title: 'Renamed', tags: [{ name: 'new' }] },
    { id: created, title: 'Made', tags: [{ name: 'NEW' }] },
    { title: 'Other' },
  ];
  assert.deepEqual(outcomes(await ada.as.tasks.import({ tasks })), ['updated', 'created', 'created']);
  const after = await workspaceOf(ada);
  // Two tasks more, one changed, one tag made.
  assert.equal(Number(after.version) - Number(before.version), 4);
  assert.equal(after.task_count - before.task_count, 2);
  const events = await world.db('taskapp.events').where('workspace_id', after.id).orderBy('seq');
  assert.deepEqual(
    events.map(({ seq }) => Number(seq)),
    events.map((_, at) => Number(after.version) - events.length + 1 + at),
  );
  assert.deepEqual(tally(events.slice(-4).map(({ type }) => type)), {
    'tag.created': 1,
    'task.created': 2,
    'task.updated': 1,
  });
  const changed = (await eventsOf(world.db, kept.id)).at(-1);
  assert.deepEqual(changed?.changes.title, { from: 'Kept', to: 'Renamed' });
  assert.deepEqual([changed?.actor_id, (changed?.changes.tagIds?.to as string[] | undefined)?.length], [ada.id, 1]);
  assert.equal((await ada.as.tasks.get({ id: kept.id })).version, 2);

  await ada.as.tasks.import({ tasks: tasks.slice(0, 2) });
  assert.equal((await workspaceOf(ada)).version, after.version);
});

test('the ids of others are refused, each by itself, and nothing is told about them', async () => {
  const [ada, bob] = [await world.user(), await world.user()];
  const theirs = await bob.as.tasks.create({ title: 'Secret' });
  const { results } = await ada.as.tasks.import({ tasks: [{ id: theirs.id, title: 'Mine' }, { title: 'Fine' }] });
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['failed', 'created'],
  );
  assert.deepEqual(results[0]?.errors, [{ path: 'id', message: 'Cannot be used in this workspace; import a copy' }]);
  assert.deepEqual(await bob.as.tasks.get({ id: theirs.id }), theirs);
  const { id } = await workspaceOf(bob);
  await refused(ada.as.tasks.import({ tasks: [{ title: 'x' }], workspaceId: id }), 'workspace.forbidden');
  await addMember(world.db, { workspace_id: id, user_id: ada.id, role: 'VIEWER' });
  await refused(ada.as.tasks.import({ tasks: [{ title: 'x' }], workspaceId: id }), 'workspace.forbidden');
  assert.match(
    String(await problemsOf(world.app.tasks.import({ actor: SYSTEM }, { tasks: [{ title: 'x' }] }))),
    /workspaceId/,
  );
});

test('the newer one wins unless told otherwise', async () => {
  const { as } = await world.user();
  const task = await as.tasks.create({ title: 'Here' });
  const older = { id: task.id, title: 'There', updatedAt: '2001-01-01T00:00:00Z' };
  const send = (fields: object, existing?: 'keep' | 'replace') =>
    as.tasks.import({ tasks: [{ ...older, ...fields }], ...(existing && { existing }) });
  assert.deepEqual(outcomes(await send({})), ['skipped']);
  assert.deepEqual(outcomes(await send({ title: 'Here' })), ['unchanged']);
  assert.deepEqual(outcomes(await send({ updatedAt: '2999-01-01T00:00:00Z' }, 'keep')), ['skipped']);
  assert.equal((await as.tasks.get({ id: task.id })).title, 'Here');
  assert.deepEqual(outcomes(await send({}, 'replace')), ['updated']);
  const replaced = await as.tasks.get({ id: task.id });
  assert.ok(replaced.title === 'There' && replaced.updatedAt >= task.updatedAt);
  assert.deepEqual(outcomes(await send({ title: 'Later', updatedAt: '2999-01-01T00:00:00Z' })), ['updated']);
  assert.equal((await as.tasks.get({ id: task.id })).updatedAt.toISOString(), '2999-01-01T00:00:00.000Z');
});

test('an absent field stays, null clears, and the status decides about the completion', async () => {
  const { as } = await world.user();
  const id = randomUUID();
  await as.tasks.import({ tasks: [{ id, ...FULL }] });
  const stays = await as.tasks.import({ tasks: [{ id, title: FULL.title }] });
  assert.deepEqual(outcomes(stays), ['unchanged']);
  await as.tasks.import({
    tasks: [{ id, title: FULL.title, description: null, dueDate: null, metadata: null, tags: [], status: 'TODO' }],
  });
  const [task] = (await as.tasks.export()).tasks;
  const { description, dueDate, metadata, tags, completedAt } = task ?? {};
  assert.deepEqual(
    { description, dueDate, metadata, tags, completedAt },
    { description: null, dueDate: null, metadata: null, tags: [], completedAt: null },
  );
  const { results } = await as.tasks.import({ tasks: [{ id, title: 'x', completedAt: FULL.completedAt }] });
  assert.deepEqual(results[0]?.errors, [{ path: 'completedAt', message: 'Only a task whose status is DONE has one' }]);
  await as.tasks.import({ tasks: [{ id, title: 'x', status: 'DONE' }] });
  assert.ok((await as.tasks.get({ id })).completedAt);
});

test('a rehearsal says what would happen and leaves nothing', async () => {
  const ada = await world.user();
  const task = await ada.as.tasks.create({ title: 'Here' });
  const before = await workspaceOf(ada);
  const tasks = [{ id: task.id, title: 'Changed', tags: [{ name: 'fresh' }] }, { title: 'New' }];
  assert.deepEqual(outcomes(await ada.as.tasks.import({ tasks, dryRun: true })), ['updated', 'created']);
  assert.deepEqual(await workspaceOf(ada), before);
  assert.deepEqual((await ada.as.tags.list()).tags, []);
});

test('the same import many times at once makes the tasks once', async () => {
  const ada = await world.user();
  const tasks = Array.from({ length: 20 }, (_, at) => ({
    id: randomUUID(),
    title: `T${at}`,
    tags: [{ name: `t${at % 3}` }],
  }));
  const all = await Promise.all(Array.from({ length: 5 }, () => ada.as.tasks.import({ tasks })));
  assert.deepEqual(tally(all.flatMap(outcomes)), { created: 20, unchanged: 80 });
  assert.equal((await workspaceOf(ada)).task_count, 20);
  assert.equal((await ada.as.tasks.list()).pagination.total, 20);
});

test('a host that rolls back keeps nothing, and one whose call fails goes on', async (t) => {
  const ada = await world.user();
  const trx = await hostTransaction(t, world.db);
  const { tasks } = world.app.withTransaction(trx).as(ada.actor);
  assert.equal((await problemsOf(tasks.import({ tasks: [{ title: '' }] }))).length, 1);
  const many = Array.from({ length: 60 }, (_, at) => ({
    title: 'x',
    tags: Array.from({ length: 20 }, (_, n) => ({ name: `${at}-${n}` })),
  }));
  await refused(tasks.import({ tasks: many }), 'tag.too_many');
  assert.deepEqual(outcomes(await tasks.import({ tasks: [{ title: 'One' }] })), ['created']);
  await trx.rollback();
  assert.deepEqual((await ada.as.tasks.export()).tasks, []);
});

test('what cannot be kept is refused by name', async () => {
  const { as } = await world.user();
  const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
  const refusals = async (task: object) => problemsOf(as.tasks.import({ tasks: [{ title: 'x', ...task }] as never }));
  for (const metadata of [
    deep(500),
    { a: '\0' },
    { a: 'x'.repeat(40_000) },
    { a: Number.NaN },
    { a: new Date() },
    [],
  ]) {
    const problems = await refusals({ metadata });
    assert.ok(
      problems.length >= 1 && problems.every((problem) => problem.startsWith('tasks.0.metadata: ')),
      String(problems),
    );
  }
  assert.deepEqual(await refusals({ tags: [{ name: 'a' }, { name: 'A' }] }), ['tasks.0.tags: Contains a tag twice']);
  assert.deepEqual(await refusals({ done: true }), ['tasks.0.done: Unrecognized key']);
  const id = randomUUID();
  assert.deepEqual(
    await problemsOf(
      as.tasks.import({
        tasks: [
          { id, title: 'a' },
          { id, title: 'b' },
        ],
      }),
    ),
    ['tasks: Contains an id twice'],
  );
  const many = Array.from({ length: 101 }, () => ({ title: 'x' }));
  assert.deepEqual(await problemsOf(as.tasks.import({ tasks: many })), ['tasks: At most 100 tasks']);
});

test('over HTTP a hundred long tasks fit into one request, and more than a mebibyte does not', async () => {
  const { bearer } = await world.user();
  const send = (tasks: object[]) => world.http.post('/api/tasks/import').set('Authorization', bearer).send({ tasks });
  const long = Array.from({ length: 100 }, (_, at) => ({
    title: `T${at}`,
    description: 'x'.repeat(5000),
    tags: [{ name: 'a' }],
  }));
  const { status, body } = await send(long);
  assert.equal(status, 200);
  assert.deepEqual(tally(body.results.map(({ outcome }: { outcome: string }) => outcome)), { created: 100 });
  const large = long.map((task) => ({ ...task, metadata: { a: 'x'.repeat(20_000) } }));
  assert.equal((await send(large)).status, 413);
  const read = await world.http.get('/api/tasks/export?limit=500').set('Authorization', bearer);
  assert.deepEqual([read.status, read.body.tasks.length, read.body.tasks[0].metadata], [200, 100, null]);
});
