import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { TaskView } from '@taskapp/core';
import { createCli } from '../support/cli.ts';
import { createWorld, secrets, type TestUser, type World } from '../support/world.ts';

let world: World;
let cli: ReturnType<typeof createCli>;

before(async () => {
  world = await createWorld({ redis: null });
  cli = createCli(world.url);
});

/** `taskctl` as a new user. */
async function asUser() {
  const user = await world.user();
  return { user, run: createCli(world.url, { env: { TASKCTL_AS: user.email } }) };
}

const makeTasks = async ({ as }: TestUser, count: number) => {
  for (let at = 1; at <= count; at += 1) await as.tasks.create({ title: `Task ${at}` });
};

test('the same task from the command line, from the library and over HTTP', async () => {
  const { user, run } = await asUser();
  const created = (await run('add', 'Buy', 'milk', '--priority', 'high', '--json')).json<TaskView>();
  assert.equal(created.title, 'Buy milk');
  assert.equal((await user.as.tasks.get({ id: created.id })).priority, 'HIGH');
  const { body } = await world.http.get(`/api/tasks/${created.id}`).set('authorization', user.bearer);
  assert.deepEqual(body, created);
  assert.deepEqual((await run('ls', '--json')).json(), [created]);
});

test('done and rm take several tasks, also from stdin, and say which failed', async () => {
  const { user, run } = await asUser();
  await makeTasks(user, 3);
  const ids = (await run('ls', '-o', 'ids')).stdout;
  const done = await run({ stdin: ids }, 'done', '-', '--json');
  assert.deepEqual(
    done.json<TaskView[]>().map(({ status }) => status),
    ['DONE', 'DONE', 'DONE'],
  );

  const [first = '', second = ''] = ids.split('\n');
  const partly = await run('rm', first, 'ffff0000', second, '--json');
  assert.equal(partly.code, 11);
  assert.deepEqual(partly.json(), [{ id: first }, { id: second }]);
  const { error } = JSON.parse(partly.stderr);
  assert.deepEqual(error.problems, [{ path: 'ffff0000', message: 'Task not found (task.not_found)' }]);
  assert.equal((await run('rm', first)).code, 6);
});

test('a part of an id is enough where it fits one task, and refused where it fits several', async () => {
  const { user, run } = await asUser();
  await makeTasks(user, 2);
  const [{ id } = { id: '' }] = (await run('ls', '--json')).json<TaskView[]>();
  const tail = await run('task', 'get', id.slice(-8), '--json');
  assert.equal(tail.json<TaskView>().id, id);
  const both = await run('task', 'get', id.slice(0, 4));
  assert.equal(both.code, 2);
  assert.match(both.stderr, /fits several[\s\S]*Task 1[\s\S]*Task 2|fits several[\s\S]*Task 2[\s\S]*Task 1/);
  assert.equal((await run('task', 'get', id.slice(-3))).code, 6);
});

test('tags by name, of the workspace of the task, also for the system', async () => {
  const { user, run } = await asUser();
  await user.as.tags.create({ name: 'Home' });
  await user.as.tags.create({ name: 'beef' });
  const made = (await run('add', 'Cook', '--tag', 'home', 'beef', '--json')).json<TaskView>();
  assert.deepEqual(
    made.tags.map(({ name }) => name),
    ['beef', 'Home'],
  );
  const changed = (await cli('task', 'update', made.id, '--tag', 'HOME', '--json')).json<TaskView>();
  assert.deepEqual(
    changed.tags.map(({ name }) => name),
    ['Home'],
  );
  assert.equal((await run('ls', '--tag', 'home', '-o', 'ids')).stdout.trim(), made.id);
  const cleared = (await run('task', 'update', made.id, '--no-tag-ids', '--json')).json<TaskView>();
  assert.deepEqual(cleared.tags, []);
  const unknown = await run('add', 'X', '--tag', 'nope');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^ {2}--tag-ids: Nothing is called "nope"$/m);
  assert.equal((await run('tag', 'update', 'Home', '--name', 'House', '--json')).json().name, 'House');
});

test('a due date is set as people write it, and cleared', async () => {
  const { run } = await asUser();
  const { id, dueDate } = (await run('add', 'X', '--due-date', '2030-01-31', '--json')).json<TaskView>();
  assert.equal(String(dueDate), new Date('2030-01-31T00:00').toISOString());
  const kept = (await run('task', 'update', id, '--title', 'Y', '--json')).json<TaskView>();
  assert.equal(kept.dueDate, dueDate);
  assert.equal((await run('task', 'update', id, '--no-due-date', '--json')).json<TaskView>().dueDate, null);
  const wrong = await run('task', 'update', id, '--due-date', '2030-02-30');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^ {2}--due-date: Must be a date/m);
});

test('a list says on stderr that there is more, and --all reads on by cursor', async () => {
  const { user, run } = await asUser();
  await makeTasks(user, 5);
  const page = await run('ls', '--limit', '2', '-o', 'ndjson');
  assert.equal(page.stdout.trim().split('\n').length, 2);
  assert.match(page.stderr, /^2 of 5 shown; .*--all/);
  const all = await run('ls', '--limit', '2', '--all', '--json');
  assert.deepEqual(
    all.json<TaskView[]>().map(({ title }) => title),
    ['Task 5', 'Task 4', 'Task 3', 'Task 2', 'Task 1'],
  );
  assert.equal(all.stderr, '');
  const without = await run('ls', '--limit', '2', '--no-count', '--page', '2');
  assert.match(without.stderr, /^2 shown; the next ones: --page 3, all: --all/);
  assert.equal((await run('ls', '--limit', '2', '--quiet')).stderr, '');
});

test('a list by cursor names the next cursor', async () => {
  const { access, refresh } = secrets();
  const run = createCli(world.url, { env: { JWT_ACCESS_SECRET: access, JWT_REFRESH_SECRET: refresh } });
  const first = await run('event', 'list', '--limit', '1', '-o', 'ids');
  const [, cursor = ''] = /^1 shown; the next ones: --cursor (\S+), all: --all/.exec(first.stderr) ?? [];
  const second = await run('event', 'list', '--limit', '1', '-o', 'ids', '--cursor', cursor);
  assert.equal(second.code, 0, second.stderr);
  assert.notEqual(second.stdout, first.stdout);
});

test('global options go before and after the command, and values may look like options', async () => {
  const { run } = await asUser();
  assert.equal((await run('--json', 'add', '--description', '-q', '--', '--odd', 'title')).json().title, '--odd title');
  assert.equal((await run('-o', 'csv', 'task', 'list', '-o', 'ids')).stdout.trim().length, 36);
  assert.equal((await run('task', '--json', 'list')).json<unknown[]>().length, 1);
  assert.equal((await run('ls', '--sort', '-priority', '--status', 'todo', '--json')).json<unknown[]>().length, 1);
});

test('the system has to say where a new task belongs, or for whom it is', async () => {
  const run = await cli('add', 'X');
  assert.equal(run.code, 2);
  assert.match(run.stderr, /--workspace-id: Required[\s\S]*--as/);
  const { user } = await asUser();
  const { workspaceId } = await user.as.tasks.create({ title: 'A' });
  assert.equal((await cli('add', 'B', '--workspace-id', workspaceId, '--json')).json().userId, user.id);
  const [event] = (await cli('event', 'list', '--type', 'task.created', '--limit', '1', '--json')).json<
    { actor: { reason: string } }[]
  >();
  assert.match(event?.actor.reason ?? '', /^taskctl by \w+/);
});
