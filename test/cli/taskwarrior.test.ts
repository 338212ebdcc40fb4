import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { createCli } from '../support/cli.ts';
import { createTaskwarrior } from '../support/taskwarrior.ts';
import { createWorld, type TestUser, type World } from '../support/world.ts';

let world: World;
let cli: ReturnType<typeof createCli>;

before(async () => {
  world = await createWorld({ redis: null });
  cli = createCli(world.url);
});

type Counts = Record<'created' | 'updated' | 'unchanged' | 'skipped' | 'failed', number>;

async function importInto({ email }: TestUser, json: string, ...argv: string[]) {
  const run = await cli({ stdin: json }, 'task', 'import', '-', '--as', email, '-o', 'json', ...argv);
  assert.equal(run.code, 0, run.stderr);
  const { created, updated, unchanged, skipped, failed } = run.json<Counts>();
  return [created, updated, unchanged, skipped, failed];
}

const exportFrom = async ({ email }: TestUser) =>
  (await cli('task', 'export', '--format', 'taskwarrior', '--as', email)).stdout;

/** A Taskwarrior whose tasks have about everything that tasks can have there. */
async function createFull() {
  const taskwarrior = createTaskwarrior();
  const { run } = taskwarrior;
  await run(
    'add',
    'Pay rent',
    'project:flat.money',
    'priority:H',
    'due:2031-02-03T10:00',
    '+home',
    '+Urgent',
    'size:3.5',
  );
  await run('add', 'Wait for it', 'wait:2038-01-01', 'scheduled:2037-01-01', 'priority:M', 'depends:1');
  await run('add', 'Water the plants', 'due:2031-01-01', 'recur:weekly', 'until:2031-06-01');
  await run('add', `Long ${'x'.repeat(300)} "quoted" \\ ünïcödé 🎉`);
  await run('add', 'Begun');
  await run('5', 'start');
  await run('add', 'Done with');
  await run('6', 'annotate', 'it was easy');
  await run('6', 'done');
  await run('add', 'Given up');
  await run('7', 'delete');
  taskwarrior.import(
    JSON.stringify([
      {
        uuid: randomUUID(),
        description: 'Foreign',
        entry: '20200101T000000Z',
        status: 'pending',
        githubtitle: 'UDA',
        tags: ['a', 'B', 'c'],
      },
    ]),
  );
  // It writes numbers in another way once they have been imported.
  taskwarrior.import(await taskwarrior.text());
  return taskwarrior;
}

test("an export of Taskwarrior's, imported, exported and imported by another Taskwarrior, is unchanged", async () => {
  const [here, there, ada] = [await createFull(), createTaskwarrior(), await world.user()];
  // Its tag is there before, in another case.
  await ada.as.tags.create({ name: 'HOME' });
  const before = await here.export();
  assert.ok(before.size >= 8);
  assert.deepEqual(await importInto(ada, await here.text()), [before.size, 0, 0, 0, 0]);
  assert.deepEqual(await importInto(ada, await here.text()), [0, 0, before.size, 0, 0]);
  const exported = await exportFrom(ada);
  there.import(exported);
  assert.deepEqual(await there.export(), before);
  // Into the one that it comes from, too, and from there back again.
  here.import(exported);
  assert.deepEqual(await here.export(), before);
  assert.deepEqual(await importInto(ada, exported), [0, 0, before.size, 0, 0]);
});

test('its fields are those of the app, and what changes here changes there, and nothing else', async () => {
  const [here, ada] = [await createFull(), await world.user()];
  await importInto(ada, await here.text());
  const { tasks } = await ada.as.tasks.list({ limit: 100 });
  const find = (title: RegExp) => tasks.find((task) => title.test(task.title));
  const [rent, begun, done, gone] = [/rent/, /Begun/, /Done/, /Given/].map(find);
  const tags = rent?.tags.map(({ name }) => name).sort();
  assert.deepEqual(
    [rent?.priority, rent?.dueDate?.toISOString(), tags],
    ['HIGH', '2031-02-03T10:00:00.000Z', ['Urgent', 'home']],
  );
  assert.deepEqual([begun?.status, done?.status, gone?.status], ['IN_PROGRESS', 'DONE', 'CANCELLED']);
  assert.ok(done?.completedAt && [...(find(/^Long/)?.title ?? '')].length === 200);

  const attributesOf = async () => ((await here.export()).get(rent?.id ?? '') ?? {}) as Record<string, unknown>;
  const before = await attributesOf();
  await ada.as.tasks.update({
    id: rent?.id ?? '',
    title: 'Pay all',
    priority: 'URGENT',
    status: 'DONE',
    dueDate: null,
  });
  here.import(await exportFrom(ada));
  const { due: _due, ...stays } = before;
  const { modified, end, ...after } = await attributesOf();
  const { modified: _modified, ...expected } = {
    ...stays,
    description: 'Pay all',
    status: 'completed',
    taskapp_priority: 'URGENT',
  } as Record<string, unknown>;
  assert.deepEqual(after, expected);
  assert.ok(modified && end);

  await here.run(rent?.id ?? '', 'modify', 'Pay everything', 'priority:L');
  await importInto(ada, await here.text());
  const back = await ada.as.tasks.get({ id: rent?.id ?? '' });
  assert.deepEqual([back.title, back.priority, back.status], ['Pay everything', 'LOW', 'DONE']);
});

test('tasks of the app go through Taskwarrior without loss', async () => {
  const [there, ada] = [createTaskwarrior(), await world.user()];
  await ada.as.tasks.import({
    tasks: [
      {
        title: 'Details',
        description: 'one\ntwo "three"\n\n- four',
        priority: 'URGENT',
        tags: [{ name: 'Home office' }, { name: 'a,b' }],
      },
      {
        title: 'Kept',
        metadata: { other: { b: 1, a: [true, null] } },
        status: 'DONE',
        createdAt: '2020-01-01T00:00:00Z',
        completedAt: '2020-01-02T00:00:00Z',
        updatedAt: '2020-01-02T00:00:00Z',
      },
      { title: 'Cancelled', status: 'CANCELLED' },
    ],
  });
  const read = async () =>
    (await ada.as.tasks.export()).tasks.map(
      ({ createdAt: _created, updatedAt: _updated, version: _version, ...task }) => task,
    );
  const before = await read();
  there.import(await exportFrom(ada));
  await importInto(ada, await there.text(), '--existing', 'replace');
  assert.deepEqual(await read(), before);
});

test('what is no task of Taskwarrior is refused with its own names', async () => {
  const { email } = await world.user();
  const json = JSON.stringify([
    { uuid: 'x', description: 'a', status: 'lost', due: 'tomorrow' },
    { uuid: 'y', description: ' ' },
  ]);
  const run = await cli({ stdin: json }, 'task', 'import', '-', '--as', email, '--json', '--continue-on-error');
  assert.equal(run.code, 2);
  const problems = JSON.parse(run.stderr).error.problems.map(({ path }: { path: string }) => path);
  assert.deepEqual(problems, ['line 1, status', 'line 1, due', 'line 1, uuid', 'line 1, description']);
});
