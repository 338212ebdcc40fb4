import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { before, test } from 'node:test';
import type { TaskView } from '@taskapp/core';
import { toCsv } from '../../packages/cli/src/render/csv.ts';
import { render } from '../../packages/cli/src/render/render.ts';
import { OUTPUT_FORMATS } from '../../packages/cli/src/terminal/io.ts';
import { type CliSettings, createCli } from '../support/cli.ts';
import { createWorld, type World } from '../support/world.ts';

// Made from code points: control characters in a literal would be invisible.
const ESC = String.fromCodePoint(0x1b);
const CSI = String.fromCodePoint(0x9b);
const BIDI = String.fromCodePoint(0x202e);
const BELL = String.fromCodePoint(0x07);
const isControl = (character: string) => /[\p{Cc}\u202e]/u.test(character) && character !== '\n';
const controlsIn = (text: string) => [...text].filter(isControl);

let world: World;

before(async () => {
  world = await createWorld({ redis: null });
});

const asUser = async (settings: CliSettings = {}) => {
  const user = await world.user();
  return {
    user,
    run: createCli(world.url, { ...settings, env: { TASKCTL_AS: user.email, NO_COLOR: '1', ...settings.env } }),
  };
};

/** Data as they may be in a database that something else has written to. */
async function plant(id: string, title: string): Promise<void> {
  await world.db('taskapp.tasks').where({ id }).update({ title });
}

test('no control character of the data reaches a terminal, in any format', async () => {
  const { user, run } = await asUser({ columns: 300 });
  const { id } = await user.as.tasks.create({ title: 'X', description: `Two\nlines` });
  await plant(id, `a${ESC}[2Jb${CSI}2Jc${BIDI}d${BELL}e`);
  for (const format of OUTPUT_FORMATS) {
    for (const argv of [['ls'], ['task', 'get', id]]) {
      const { stdout } = await run(...argv, '-o', format);
      assert.deepEqual(controlsIn(format === 'tsv' ? stdout.replaceAll('\t', '') : stdout), [], format);
    }
  }
  const [task] = (await run('ls', '--json')).json<TaskView[]>();
  assert.equal(task?.title, `a${ESC}[2Jb${CSI}2Jc${BIDI}d${BELL}e`);
  const { stderr } = await run('task', 'get', id, `--${ESC}[2J`);
  assert.deepEqual(controlsIn(stderr), []);
});

test('on a terminal a table fits the width, cuts only long text, and shows short ids', async () => {
  const { user, run } = await asUser({ columns: 72 });
  const { id } = await user.as.tasks.create({ title: `Long ${'word '.repeat(30)}`, dueDate: '2030-01-31T12:00:00Z' });
  const { stdout } = await run('ls');
  const [head = '', row = ''] = stdout.split('\n');
  assert.match(head, /ID +TITLE +STATUS +PRIORITY +DUE DATE +TAGS/);
  assert.ok(row.length <= 72, row);
  assert.match(row, new RegExp(`^${id.slice(-8)}  Long word.*…  TODO +MEDIUM +2030-01-3\\d \\d\\d:\\d\\d`));
});

test('a long text of one record takes several lines, and names are bold unless NO_COLOR is set', async () => {
  const { user, run } = await asUser({ columns: 60, env: { NO_COLOR: '' } });
  const description = `First line\n${'word '.repeat(30)}end`;
  const { id } = await user.as.tasks.create({ title: 'X', description });
  const { stdout } = await run('task', 'get', id);
  assert.match(stdout, new RegExp(`${ESC}\\[1mdescription${ESC}\\[22m +First line\n +word`));
  assert.match(stdout, /word end$/m);
  assert.deepEqual(controlsIn((await run({ env: { NO_COLOR: '1' } }, 'task', 'get', id)).stdout), []);
});

test('in a pipe nothing is cut: whole ids, whole text, dates in ISO 8601', async () => {
  const { user, run } = await asUser();
  const title = `Long ${'word '.repeat(30)}`.trim();
  const { id } = await user.as.tasks.create({ title, dueDate: '2030-01-31T12:00:00Z' });
  assert.match(
    (await run('ls')).stdout,
    new RegExp(`^${id}  ${title}  TODO    MEDIUM    2030-01-31T12:00:00\\.000Z$`, 'm'),
  );
});

test('CSV follows RFC 4180 and gives spreadsheets no formula', () => {
  const rows = [
    { text: 'a,b', more: 'say "hi"' },
    { text: 'two\nlines', more: '=1+1' },
    { text: '-1', more: -1 },
    { text: '@x', more: null },
    { text: '\tx', more: new Date(0) },
    { text: [{ name: 'one' }, { name: 'two' }], more: true },
  ];
  assert.equal(
    toCsv(rows, { fields: ['text', 'more'], hasHeaders: true }),
    [
      'text,more',
      '"a,b","say ""hi"""',
      '"two\nlines",\'=1+1',
      "'-1,-1",
      "'@x,",
      "'\tx,1970-01-01T00:00:00.000Z",
      '"one, two",true',
      '',
    ].join('\r\n'),
  );
});

test('a record that holds records shows their fields in a table', async () => {
  const item = { user: { id: '1', name: 'Ada' }, token: 't' };
  const text = await render({ kind: 'record', item }, { format: 'table', hasStyle: false, output: new PassThrough() });
  assert.match(text, /^user id +1\nuser name +Ada\ntoken +t\n$/);
});

test('stdout holds the result and nothing else; what is said besides goes to stderr', async () => {
  const { user, run } = await asUser();
  const { id } = await user.as.tasks.create({ title: 'X' });
  const removed = await run('task', 'remove', id);
  assert.deepEqual([removed.code, removed.stdout, removed.stderr], [0, '', 'Deleted\n']);
  const { id: other } = await user.as.tasks.create({ title: 'Y' });
  assert.equal((await run('task', 'remove', other, '-o', 'csv')).stdout, `id\r\n${other}\r\n`);
  const failed = await run('task', 'get', other, '--debug');
  assert.equal(failed.stdout, '');
  assert.match(failed.stderr, /^taskctl: Task not found \(task\.not_found\)$[\s\S]*^ {4}at /m);
});

test('ids are refused where a result has none, before anything happens', async () => {
  const { run } = await asUser();
  const { code, stderr } = await run('auth', 'login', '--email', 'a@example.com', '--password-stdin', '-o', 'ids');
  assert.equal(code, 2);
  assert.match(stderr, /has no id/);
});
