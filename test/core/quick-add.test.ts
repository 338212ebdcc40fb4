import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { eventsOf, hostTransaction, problemsOf, refused } from '../support/factories.ts';
import { createWorld, SYSTEM, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

const DAY_MS = 86_400_000;
const nameOf = ({ name }: { name: string }) => name;

test('a line becomes a task, with tags that are made where there are none', async () => {
  const { as } = await world.user();
  const home = await as.tags.create({ name: 'Home' });
  const text = 'Pay rent in 2 days 9am #home #Bank !high // by transfer';
  const task = await as.tasks.quickAdd({ text, timeZone: 'Asia/Kolkata' });
  assert.deepEqual(
    [task.title, task.priority, task.description, task.status],
    ['Pay rent', 'HIGH', 'by transfer', 'TODO'],
  );
  assert.deepEqual(task.tags.map(nameOf), ['Bank', 'Home']);
  assert.ok(task.tags.some(({ id }) => id === home.id));
  const ahead = (task.dueDate?.getTime() ?? 0) - Date.now();
  assert.ok(ahead > DAY_MS - 60_000 && ahead < 3 * DAY_MS, `due in ${ahead} ms`);
  assert.equal(task.dueDate?.toISOString().slice(11), '03:30:00.000Z');
  assert.deepEqual(await as.tasks.get({ id: task.id }), task);
  assert.deepEqual(
    (await eventsOf(world.db, task.id)).map(({ type }) => type),
    ['task.created'],
  );
});

test('fields that are given win over the text', async () => {
  const { as } = await world.user();
  const errand = await as.tags.create({ name: 'errand' });
  const dueDate = new Date('2030-01-01T00:00:00Z');
  const given = {
    description: null,
    dueDate,
    priority: 'LOW' as const,
    status: 'IN_PROGRESS' as const,
    tagIds: [errand.id],
  };
  const task = await as.tasks.quickAdd({ text: 'Go tomorrow #new !high // soon', ...given });
  assert.deepEqual(
    [task.title, task.description, task.dueDate, task.priority, task.status, task.tags.map(nameOf)],
    ['Go', null, dueDate, 'LOW', 'IN_PROGRESS', ['errand']],
  );
  assert.deepEqual((await as.tags.list()).tags.map(nameOf), ['errand']);
  assert.equal((await as.tasks.quickAdd({ text: 'Plain' })).priority, 'MEDIUM');
});

test('a preview says what would become of a line, and changes nothing', async () => {
  const { as } = await world.user();
  const { id } = await as.tags.create({ name: 'Home' });
  const text = 'Pay rent on 3 March 2031 #home #new // x';
  assert.deepEqual(await as.tasks.previewQuickAdd({ text, timeZone: 'Europe/Berlin' }), {
    title: 'Pay rent',
    description: 'x',
    priority: null,
    dueDate: new Date('2031-03-02T23:00:00Z'),
    tags: [
      { id, name: 'Home' },
      { id: null, name: 'new' },
    ],
    parts: [
      { field: 'dueDate', text: 'on 3 March 2031' },
      { field: 'tags', text: '#home' },
      { field: 'tags', text: '#new' },
      { field: 'description', text: '// x' },
    ],
  });
  assert.deepEqual((await as.tags.list()).tags.map(nameOf), ['Home']);
  assert.equal((await as.tasks.list()).pagination.total, 0);
});

test('what makes no task is refused, and leaves nothing', async () => {
  const { as, actor } = await world.user();
  const problems = (text: string, timeZone?: string) => problemsOf(as.tasks.quickAdd({ text, timeZone }));
  const noTitle = ['text: Leaves no title; double quotes keep words as they are'];
  assert.deepEqual(await problems('tomorrow #new'), noTitle);
  assert.deepEqual(await problemsOf(as.tasks.previewQuickAdd({ text: '!high' })), noTitle);
  assert.deepEqual(await problems(' '), ['text: Text is required']);
  assert.deepEqual(await problems('x'.repeat(201)), ['text: Leaves a title of more than 200 characters']);
  assert.deepEqual(await problems('x'.repeat(1001)), ['text: Must be at most 1000 characters']);
  assert.deepEqual(await problems('x', 'Mars/Olympus'), ['timeZone: Must be a time zone like Europe/Berlin']);
  assert.deepEqual(await problemsOf(world.app.tasks.quickAdd({ actor: SYSTEM }, { text: 'x #new' })), [
    'workspaceId: Required unless you act as a user',
  ]);
  const { workspaceId } = await (await world.user()).as.tasks.create({ title: 'Theirs' });
  await refused(world.app.tasks.quickAdd({ actor }, { text: 'x #new', workspaceId }), 'workspace.forbidden');
  await refused(world.app.tasks.previewQuickAdd({ actor }, { text: 'x #new', workspaceId }), 'workspace.forbidden');
  assert.deepEqual((await as.tags.list()).tags, []);
});

test('lines that name the same new tag at once share it', async () => {
  const { as } = await world.user();
  const lines = Array.from({ length: 8 }, (_, n) =>
    as.tasks.quickAdd({ text: `Line ${n} #${n % 2 ? 'shared' : 'SHARED'}` }),
  );
  const tags = (await Promise.all(lines)).flatMap((task) => task.tags.map(({ id }) => id));
  assert.deepEqual([tags.length, new Set(tags).size], [8, 1]);
});

test("a host's rollback takes task and tags with it, and a failure leaves its transaction usable", async (t) => {
  const { as, actor } = await world.user();
  const trx = await hostTransaction(t, world.db);
  const bound = world.app.withTransaction(trx).as(actor);
  await refused(bound.tasks.quickAdd({ text: 'tomorrow' }), 'input.invalid');
  await bound.tasks.quickAdd({ text: 'Inside #new' });
  assert.equal((await bound.tasks.list()).pagination.total, 1);
  await trx.rollback();
  assert.deepEqual([(await as.tasks.list()).pagination.total, (await as.tags.list()).tags], [0, []]);
});

test('over HTTP a repeated key makes one task, and texts of the wrong shape are named', async () => {
  const { bearer } = await world.user();
  const add = (body: object) =>
    world.http.post('/api/tasks/quick-add').set('Authorization', bearer).set('Idempotency-Key', 'once').send(body);
  const first = await add({ text: 'Buy milk #shop p1' });
  const second = await add({ text: 'Buy milk #shop p1' });
  assert.deepEqual([first.status, second.status, second.headers['idempotency-replayed']], [201, 201, 'true']);
  assert.deepEqual([first.body.title, first.body.priority, second.body.id], ['Buy milk', 'URGENT', first.body.id]);
  const preview = world.http.post('/api/tasks/quick-add/preview').set('Authorization', bearer);
  const { status, body } = await preview.send({ text: 7, when: 'now' });
  assert.deepEqual([status, body.errors], [400, ['body.text: Must be a string', 'body.when: Unrecognized key']]);
});
