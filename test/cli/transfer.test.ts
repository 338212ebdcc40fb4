import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { createWorld, type TestUser, type World } from '../support/world.ts';

let world: World;
let cli: ReturnType<typeof createCli>;
let folder: string;

before(async () => {
  world = await createWorld({ redis: null });
  folder = await mkdtemp(join(tmpdir(), 'taskctl-transfer-'));
  atEnd(() => rm(folder, { recursive: true }));
  cli = createCli(world.url, { cwd: folder });
});

type Counts = Record<'created' | 'updated' | 'unchanged' | 'skipped' | 'failed', number>;
const counted = ({ created, updated, unchanged, skipped, failed }: Counts) => [
  created,
  updated,
  unchanged,
  skipped,
  failed,
];

async function importAs({ email }: TestUser, stdin: string, ...argv: string[]) {
  const run = await cli({ stdin }, 'task', 'import', '-', '--as', email, '-o', 'json', ...argv);
  return { ...run, counts: run.stdout === '' ? [] : counted(run.json<Counts>()) };
}

/** Tasks that are hard to write down. */
async function makeHardTasks({ as }: TestUser) {
  const odd = await as.tags.create({ name: 'a;b\\c, "d"', color: '#123456' });
  const home = await as.tags.create({ name: 'Home office' });
  await as.tasks.import({
    tasks: [
      { title: '=1+1', description: 'one\r\ntwo, "three"\n', metadata: { other: { a: [1, null, 'x'] } } },
      {
        title: "'quoted",
        description: '',
        status: 'DONE',
        completedAt: '2026-01-02T03:04:05.678Z',
        createdAt: '2020-01-01T00:00:00.001Z',
      },
      { title: 'überfällig ✓', status: 'CANCELLED', priority: 'URGENT', dueDate: '2026-05-01T12:00:00Z' },
      { title: 'begun', status: 'IN_PROGRESS', priority: 'LOW' },
    ],
  });
  const { tasks } = await as.tasks.list();
  await as.tasks.update({ id: tasks[0]?.id ?? '', tagIds: [odd.id, home.id] });
}

/** All that an export keeps but whose it is. */
async function readAll({ as }: TestUser) {
  const { tasks } = await as.tasks.export({ limit: 500 });
  return tasks
    .map(({ id: _id, userId: _user, workspaceId: _workspace, version: _version, tags, ...task }) => ({
      ...task,
      tags: tags.map(({ name, color }) => `${name} ${color}`),
    }))
    .sort((a, b) => a.title.localeCompare(b.title));
}

for (const [format, ...flags] of [['json'], ['ndjson'], ['csv'], ['csv', '--safe']] as const) {
  test(`what is exported as ${[format, ...flags].join(' ')} comes back without loss, and again without a change`, async () => {
    const [ada, bob] = [await world.user(), await world.user()];
    await makeHardTasks(ada);
    const before = await readAll(ada);
    const { code, stdout, stderr } = await cli('task', 'export', '--format', format, ...flags, '--as', ada.email);
    assert.deepEqual([code, stderr], [0, '4 tasks exported\n']);
    assert.deepEqual((await importAs(ada, stdout, ...flags)).counts, [0, 0, 4, 0, 0]);
    assert.deepEqual(await readAll(ada), before);
    const copy = await importAs(bob, stdout, '--copy', ...flags);
    assert.deepEqual(copy.counts, [4, 0, 0, 0, 0], copy.stderr);
    assert.deepEqual(await readAll(bob), before);
    assert.deepEqual((await importAs(bob, stdout, '--copy', ...flags)).counts, [0, 0, 4, 0, 0]);
    const foreign = await importAs(bob, stdout, '--continue-on-error', ...flags);
    assert.deepEqual([foreign.code, foreign.counts], [2, [0, 0, 0, 0, 4]]);
  });
}

test('with --safe no cell begins like a formula; without, text is as it is', async () => {
  const ada = await world.user();
  await ada.as.tasks.create({ title: '=1+1' });
  await ada.as.tasks.create({ title: '@x' });
  const lines = async (...flags: string[]) =>
    (await cli('task', 'export', '-o', 'csv', '--as', ada.email, ...flags)).stdout;
  assert.match(await lines(), /,=1\+1,/);
  assert.match(await lines('--safe'), /,'=1\+1,/);
  assert.match(await lines('--safe'), /,'@x,/);
});

test('an export into a file is whole or not there, and replaces nothing unless told so', async () => {
  const ada = await world.user();
  await makeHardTasks(ada);
  const run = await cli('task', 'export', '--file', 'tasks.csv', '--as', ada.email, '--json');
  assert.deepEqual([run.code, run.json()], [0, { file: 'tasks.csv', format: 'csv', tasks: 4 }]);
  assert.match(await readFile(join(folder, 'tasks.csv'), 'utf8'), /^id,title,description,/);
  assert.equal((await stat(join(folder, 'tasks.csv'))).mode & 0o777, 0o600);
  assert.equal((await cli('task', 'export', '--file', 'tasks.csv', '--as', ada.email)).code, 7);
  assert.equal((await cli('task', 'export', '--file', 'tasks.csv', '--force', '--as', ada.email)).code, 0);
  assert.equal((await cli('task', 'export', '--file', 'other.json', '--as', 'nobody@example.com')).code, 4);
  assert.deepEqual(await readdir(folder), ['tasks.csv']);
  const file = await cli('task', 'import', 'tasks.csv', '--as', ada.email);
  assert.deepEqual([file.code, file.stdout], [0, 'Imported: 4 unchanged\n']);
});

test('nothing to export is an empty list, and -o json never prints anything else than JSON', async () => {
  const { email } = await world.user();
  const written = async (...argv: string[]) => (await cli('task', 'export', '--as', email, ...argv)).stdout;
  assert.deepEqual(JSON.parse(await written('-o', 'json')), []);
  assert.deepEqual(JSON.parse(await written('--format', 'taskwarrior', '-o', 'json')), []);
  assert.equal(await written('--format', 'ndjson'), '');
  assert.match(await written('--format', 'csv'), /^id,.*\r\n$/);
  assert.equal((await cli('task', 'export', '-o', 'json', '--format', 'csv', '--as', email)).code, 2);
});

test('the first task that cannot be imported ends it, or with --continue-on-error none does; lines and fields are named', async () => {
  const ada = await world.user();
  const csv =
    'title,Due date,status,priority\nGood,2027-01-31,in progress,high\n"two\nlines",,,\n,,,\nBad,someday,,huge\nLast,,,,,\n"Fine, too",,,\n';
  const first = await importAs(ada, csv);
  assert.deepEqual([first.code, first.counts], [11, [1, 0, 0, 0, 1]]);
  const { error } = JSON.parse(first.stderr);
  assert.deepEqual(error.problems[0]?.path, 'line 3, title');
  const all = await importAs(ada, csv, '--continue-on-error');
  assert.deepEqual([all.code, all.counts], [11, [1, 0, 1, 0, 4]]);
  const paths = JSON.parse(all.stderr).error.problems.map(({ path }: { path: string }) => path);
  assert.deepEqual(paths, ['line 3, title', 'line 5, title', 'line 6, priority', 'line 6, dueDate', 'line 7']);
  const { tasks } = await ada.as.tasks.list();
  assert.deepEqual(tasks.map(({ title, status }) => [title, status]).sort(), [
    ['Fine, too', 'TODO'],
    ['Good', 'IN_PROGRESS'],
  ]);
});

test('tasks without ids are made once, each of two that say the same, for everybody', async () => {
  const [ada, bob] = [await world.user(), await world.user()];
  const csv = 'title\nBuy milk\nBuy milk\nCall\n';
  assert.deepEqual((await importAs(ada, csv)).counts, [3, 0, 0, 0, 0]);
  assert.deepEqual((await importAs(bob, csv)).counts, [3, 0, 0, 0, 0]);
  const { tasks } = await ada.as.tasks.list();
  await ada.as.tasks.update({ id: tasks[0]?.id ?? '', title: 'Changed here', status: 'DONE' });
  assert.deepEqual((await importAs(ada, csv)).counts, [0, 0, 2, 1, 0]);
  assert.equal((await ada.as.tasks.get({ id: tasks[0]?.id ?? '' })).title, 'Changed here');
});

test('a rehearsal changes nothing and says the same as the import', async () => {
  const ada = await world.user();
  const json = JSON.stringify([{ title: 'One', tags: [{ name: 'x' }] }, { title: 'Two' }]);
  assert.deepEqual((await importAs(ada, json, '--dry-run')).counts, [2, 0, 0, 0, 0]);
  assert.equal((await ada.as.tasks.list()).pagination.total, 0);
  const told = await cli({ stdin: json }, 'task', 'import', '-', '--dry-run', '--as', ada.email);
  assert.equal(told.stdout, 'Would be imported: 2 created\n');
  assert.deepEqual((await importAs(ada, json)).counts, [2, 0, 0, 0, 0]);
});

test('what is no list of tasks is refused, with the place', async () => {
  const ada = await world.user();
  for (const [text, message] of [
    ['[{"title":"a"}', /line 1: the file ends in the middle/],
    ['[{"title":"a"},]', /line 1: "\]" where a task was expected/],
    ['[\n{"title":"a"}\n{"title":"b"}]', /line 3: "\{" where a task was expected/],
    ['{"title":"a"}\n{"title":', /ends in the middle/],
    ['nothing,here\n1,2\n', /There is no column "nothing"/],
    ['title\n"open', /This is no CSV/],
  ] as const) {
    const { code, stderr } = await importAs(ada, text);
    assert.equal(code, 2, text);
    assert.match(stderr.replaceAll('\\"', '"'), message, text);
  }
  await writeFile(join(folder, 'latin.csv'), Buffer.from([...Buffer.from('title\n'), 0xfc, 0x0a]));
  assert.match((await cli('task', 'import', 'latin.csv', '--as', ada.email)).stderr, /latin\.csv is not in UTF-8/);
  assert.match(
    (await cli('task', 'import', 'absent.csv', '--as', ada.email)).stderr,
    /absent\.csv cannot be read \(ENOENT\)/,
  );
  await rm(join(folder, 'latin.csv'));
});
