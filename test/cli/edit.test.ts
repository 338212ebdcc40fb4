import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { createWorld, type TestUser, type World } from '../support/world.ts';

let world: World;
let cli: ReturnType<typeof createCli>;
let folder: string;

before(async () => {
  world = await createWorld({ redis: null });
  cli = createCli(world.url);
  folder = await mkdtemp(join(tmpdir(), 'taskctl edit '));
  atEnd(() => rm(folder, { recursive: true }));
});

/** An editor that does one of these things to the text at each call, in turn; its name has a blank in it. */
async function createEditor(...steps: readonly string[]): Promise<string> {
  const file = join(folder, `editor ${Math.random()}.sh`);
  const cases = steps.map((step, at) => `${at + 1}) ${step} ;;`).join('\n');
  await writeFile(file, `#!/bin/sh\necho x >> "$0.count"\ncase $(wc -l < "$0.count" | tr -d ' ') in\n${cases}\nesac\n`);
  await chmod(file, 0o700);
  return `"${file}"`;
}

const edit = ({ email }: TestUser, id: string, editor: string, typed?: readonly string[]) =>
  cli({ env: { TASKCTL_EDITOR: editor, EDITOR: 'false' }, ...(typed && { typed }) }, 'task', 'edit', id, '--as', email);

const replace = (from: string, to: string) => `sed -i.bak 's/${from}/${to}/' "$1"`;

async function taskOf({ as }: TestUser) {
  const tag = await as.tags.create({ name: 'home' });
  await as.tags.create({ name: 'Office' });
  const description = 'First line\n\n# no comment: text\n';
  return as.tasks.create({
    title: 'Buy milk: 2 l',
    description,
    dueDate: '2030-01-31T10:00:00.000Z',
    tagIds: [tag.id],
  });
}

test('what is changed in the editor is changed, and nothing else', async () => {
  const ada = await world.user();
  const task = await taskOf(ada);
  const steps = [
    replace('Buy milk', 'Buy bread'),
    replace('MEDIUM', 'HIGH'),
    replace('home', 'OFFICE'),
    replace('^dueDate.*', 'dueDate: 2031-02-01T00:00:00Z'),
  ];
  const editor = await createEditor(steps.join('\n'));
  const run = await edit(ada, task.id.slice(-8), editor);
  assert.equal(run.code, 0, run.stderr);
  const after = await ada.as.tasks.get({ id: task.id });
  const { title, priority, dueDate, tags, version, updatedAt: _updated, ...same } = after;
  assert.deepEqual(
    [title, priority, dueDate?.toISOString(), tags.map(({ name }) => name), version],
    ['Buy bread: 2 l', 'HIGH', '2031-02-01T00:00:00.000Z', ['Office'], 2],
  );
  const { title: _t, priority: _p, dueDate: _d, tags: _g, version: _v, updatedAt: _u, ...before } = task;
  assert.deepEqual(same, before);
});

test('a text that is saved unchanged, or changed only in its comments, changes nothing', async () => {
  const ada = await world.user();
  const task = await taskOf(ada);
  for (const step of [':', replace('^# Task', '# Job'), 'exit 1']) {
    const { code, stdout } = await edit(ada, task.id, await createEditor(step));
    assert.deepEqual([code, stdout], [3, ''], step);
  }
  assert.deepEqual(await ada.as.tasks.get({ id: task.id }), task);
});

/** The kept text, which is removed. */
async function readKept(stderr: string): Promise<string> {
  const [, file = ''] = /Your text is kept in (.*)\n/.exec(stderr) ?? [];
  const text = await readFile(file, 'utf8');
  await rm(dirname(file), { recursive: true });
  return text;
}

test('a task that was changed meanwhile is left alone, and the text is kept', async () => {
  const ada = await world.user();
  const task = await taskOf(ada);
  const [opened, done] = ['opened', 'done'].map((name) => join(folder, `${name}-${task.id}`)) as [string, string];
  const wait = `until [ -e "${done}" ]; do sleep 0.1; done`;
  const editor = await createEditor(`${replace('Buy milk', 'Mine')}\ntouch "${opened}"\n${wait}`);
  const running = edit(ada, task.id, editor);
  while (!existsSync(opened)) await pause(50);
  await ada.as.tasks.update({ id: task.id, title: 'Theirs' });
  await writeFile(done, '');
  const run = await running;
  assert.equal(run.code, 7, run.stderr);
  assert.match(await readKept(run.stderr), /title: "?Mine/);
  assert.equal((await ada.as.tasks.get({ id: task.id })).title, 'Theirs');
});

test('a text that cannot be used is refused with the reason, and kept', async () => {
  const ada = await world.user();
  const task = await taskOf(ada);
  const cases: [string, RegExp][] = [
    [replace('^title:.*', 'title: [oops'), /This is no YAML/],
    [replace('^title:.*', 'titel: x'), /titel: There is no such field/],
    [replace('MEDIUM', 'SOON'), /priority/],
    [replace('home', 'garden'), /There is no tag "garden"/],
    [replace('^dueDate.*', 'dueDate: someday'), /dueDate|due-date/],
  ];
  for (const [step, message] of cases) {
    const run = await edit(ada, task.id, await createEditor(step));
    assert.deepEqual([run.code, run.stdout], [2, ''], step);
    assert.match(run.stderr, message);
    assert.match(await readKept(run.stderr), /^# Task/);
  }
  assert.deepEqual(await ada.as.tasks.get({ id: task.id }), task);
});

test('at a terminal the text can be mended', async () => {
  const ada = await world.user();
  const task = await taskOf(ada);
  const editor = await createEditor(replace('MEDIUM', 'SOON'), replace('SOON', 'LOW'));
  const run = await edit(ada, task.id, editor, ['y']);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /priority.*\n[\s\S]*Edit it again\?/);
  assert.doesNotMatch(run.stderr, /is kept in/);
  assert.equal((await ada.as.tasks.get({ id: task.id })).priority, 'LOW');
  const given = await edit(ada, task.id, await createEditor(replace('LOW', 'SOON')), ['n']);
  assert.equal(given.code, 3);
  assert.match(await readKept(given.stderr), /priority: SOON/);
});

test('without an editor, and for a task that is not there, it says so', async () => {
  const ada = await world.user();
  assert.match((await cli('task', 'edit', 'x', '--as', ada.email)).stderr, /set TASKCTL_EDITOR/);
  assert.equal((await edit(ada, crypto.randomUUID(), ':')).code, 6);
});
