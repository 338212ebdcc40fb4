import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { before, test } from 'node:test';
import { parse } from 'yaml';
import { runCli } from '../../packages/cli/src/index.ts';
import { sortRows } from '../../packages/cli/src/render/sort.ts';
import { toYaml } from '../../packages/cli/src/render/yaml.ts';
import { createCli } from '../support/cli.ts';
import { createWorld, type World } from '../support/world.ts';

const ESC = String.fromCodePoint(0x1b);

let world: World;

before(async () => {
  world = await createWorld({ redis: null });
});

/** A user with two tasks, and taskctl for them. */
async function withTasks() {
  const user = await world.user();
  const tag = await user.as.tags.create({ name: 'home' });
  await user.as.tasks.create({ title: 'One', description: 'a\tb\nc\\d', tagIds: [tag.id] });
  await user.as.tasks.create({ title: 'Two', priority: 'URGENT', dueDate: '2027-07-31T22:30:00Z' });
  return { user, run: createCli(world.url, { env: { TASKCTL_AS: user.email } }) };
}

test('JSON and YAML are the same value, whatever the fields hold', async () => {
  const { run } = await withTasks();
  for (const argv of [['ls'], ['tag', 'list'], ['ls', '--status', 'cancelled']]) {
    const json = await run(...argv, '-o', 'json');
    assert.deepEqual(parse((await run(...argv, '-o', 'yaml')).stdout), json.json());
  }
  const hostile = [
    'no',
    '1e3',
    '2027-01-31',
    '',
    ' x ',
    '# x',
    'a: b',
    `${ESC}[2J`,
    '\u009b\u202e',
    'a\n\nb\n',
    'null',
    '- x',
  ];
  const value = { texts: hostile, nothing: null, number: 1, many: 'word '.repeat(60), tab: '\tx\t' };
  const text = await toYaml(value);
  assert.deepEqual(parse(text), value);
  assert.deepEqual(
    [...text].filter((character) => /[\p{Cc}\u202e]/u.test(character) && character !== '\n'),
    [],
  );
});

test('fields are picked in the order in which they are named, in every format', async () => {
  const { run } = await withTasks();
  const list = (...argv: string[]) => run('ls', '--sort', 'createdAt', ...argv);
  assert.deepEqual((await list('--json=title,priority')).json(), [
    { title: 'One', priority: 'MEDIUM' },
    { title: 'Two', priority: 'URGENT' },
  ]);
  const picked = async (format: string) => (await list('--columns', 'priority,title', '-o', format)).stdout;
  assert.equal(await picked('ndjson'), '{"priority":"MEDIUM","title":"One"}\n{"priority":"URGENT","title":"Two"}\n');
  assert.equal(await picked('csv'), 'priority,title\r\nMEDIUM,One\r\nURGENT,Two\r\n');
  assert.equal(await picked('tsv'), 'priority\ttitle\nMEDIUM\tOne\nURGENT\tTwo\n');
  assert.equal(await picked('table'), 'PRIORITY  TITLE\nMEDIUM    One\nURGENT    Two\n');
  assert.equal(await picked('yaml'), '- priority: MEDIUM\n  title: One\n- priority: URGENT\n  title: Two\n');
  assert.equal((await list('--columns', 'title', '--no-headers')).stdout, 'One\nTwo\n');
});

test('--json takes no value from the next argument, and one task shows the fields that are named', async () => {
  const { user, run } = await withTasks();
  const { tasks } = await user.as.tasks.list({ sort: 'createdAt' });
  assert.equal((await run('task', 'get', '--json', tasks[0]?.id ?? '')).json().title, 'One');
  const record = ['task', 'get', tasks[0]?.id ?? '', '--columns', 'title'];
  assert.equal((await run(...record)).stdout, 'title  One\n');
  assert.equal((await run('--no-headers', ...record)).stdout, 'One\n');
});

test('a field that there is not is refused before anything happens, and the others are named', async () => {
  const { user, run } = await withTasks();
  for (const argv of [['--json=nothing'], ['--columns', 'id,nothing'], ['--json=']]) {
    const { code, stdout, stderr } = await run('add', 'Three', ...argv);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /no field \\?"(nothing)?\\?"/);
    assert.match(stderr, /Its fields: id, title, /);
  }
  assert.equal((await run('tag', 'list', '--sort', 'nothing')).code, 2);
  assert.equal((await run('secret', 'generate', '--json=nothing')).code, 2);
  assert.equal((await user.as.tasks.list({})).tasks.length, 2);
});

test('TSV has one line for each row and escapes what would break it', async () => {
  const { run } = await withTasks();
  const { stdout } = await run('ls', '--sort', 'createdAt', '-o', 'tsv', '--columns', 'title,description,tags');
  assert.equal(stdout, 'title\tdescription\ttags\nOne\ta\\tb\\nc\\\\d\thome\nTwo\t\t\n');
});

test('wide shows all fields, with whole ids, and is not cut', async () => {
  const { user, run } = await withTasks();
  const { tasks } = await user.as.tasks.list({});
  const { stdout } = await run({ columns: 60 }, 'ls', '-o', 'wide', '--color', 'never');
  const [head = '', row = ''] = stdout.split('\n');
  assert.match(head, /^ID +TITLE .* WORKSPACE ID .* UPDATED AT$/);
  assert.ok(row.startsWith(`${tasks[0]?.id}  Two `) && row.length > 200, row);
});

test('lists without an order of their own are sorted as they are shown', async () => {
  const user = await world.user();
  for (const name of ['b', 'C', 'a']) await user.as.tags.create({ name });
  const run = createCli(world.url, { env: { TASKCTL_AS: user.email } });
  const names = async (sort: string) =>
    (await run('tag', 'list', '--sort', sort, '--columns', 'name', '--no-headers')).stdout;
  assert.equal(await names('name'), 'a\nb\nC\n');
  assert.equal(await names('-name'), 'C\nb\na\n');
  const rows = [{ at: new Date(2) }, { at: null }, { at: new Date(1) }, { at: new Date(10) }];
  assert.deepEqual(
    sortRows(rows, '-at').map(({ at }) => at && Number(at)),
    [10, 2, 1, null],
  );
  assert.deepEqual(sortRows([{ n: 10 }, { n: 9 }], 'n'), [{ n: 9 }, { n: 10 }]);
});

test('a zone is where dates are shown and meant', async () => {
  const { run } = await withTasks();
  const zone = ['--tz', 'Asia/Kathmandu'];
  const { stdout } = await run({ columns: 120 }, 'ls', ...zone, '--columns', 'dueDate');
  assert.match(stdout, /^2027-08-01 04:15$/m);
  const added = await run(
    { env: { TASKCTL_TZ: 'Asia/Kathmandu' } },
    'add',
    'X',
    '--due-date',
    '2027-08-01T04:15',
    '--json',
  );
  assert.equal(added.json().dueDate, '2027-07-31T22:30:00.000Z');
  assert.equal((await run('ls', '--tz', 'Mars/Olympus')).code, 2);
});

test('text is coloured on a terminal, and elsewhere where that is asked for', async () => {
  const { run } = await withTasks();
  const isColoured = async (env: Record<string, string>, columns: number | undefined, ...argv: string[]) =>
    (await run({ env, ...(columns && { columns }) }, ...argv, 'ls')).stdout.includes(`${ESC}[31mURGENT${ESC}[39m`);
  assert.equal(await isColoured({}, 120), true);
  assert.equal(await isColoured({}, undefined), false);
  assert.equal(await isColoured({ NO_COLOR: '1' }, 120), false);
  assert.equal(await isColoured({ TERM: 'dumb' }, 120), false);
  assert.equal(await isColoured({ FORCE_COLOR: '1' }, undefined), true);
  assert.equal(await isColoured({ FORCE_COLOR: '0' }, 120), false);
  assert.equal(await isColoured({ NO_COLOR: '1' }, undefined, '--color', 'always'), true);
  assert.equal(await isColoured({ FORCE_COLOR: '1' }, 120, '--color', 'never'), false);
  const made = await run('tag', 'create', '--name', 'red', '--color', '#ff0000', '--json');
  assert.equal(made.json().color, '#ff0000', made.stderr);
  const failed = await run('--color', 'always', 'task', 'get', 'nothing');
  assert.ok(failed.stderr.startsWith(`${ESC}[1m${ESC}[31mtaskctl:`), failed.stderr);
});

test('pages are printed as they come, by a reader who may take its time', async () => {
  const user = await world.user();
  for (let at = 0; at < 5; at += 1) await user.as.tasks.create({ title: `Task ${at}` });
  const stdout = new PassThrough({ highWaterMark: 10 });
  const [stdin, stderr] = [new PassThrough(), new PassThrough()];
  const env = { DATABASE_URL: world.url, TASKCTL_AS: user.email };
  const argv = ['ls', '--all', '--limit', '2', '-o', 'csv', '--columns', 'title', '--sort', 'createdAt'];
  const running = runCli(argv, { stdin, stdout, stderr, env, cwd: '/' });
  const chunks: string[] = [];
  stdout.on('data', (chunk) => chunks.push(String(chunk)));
  assert.equal(await running, 0);
  assert.deepEqual(chunks, ['title\r\nTask 0\r\nTask 1\r\n', 'Task 2\r\nTask 3\r\n', 'Task 4\r\n']);
});
