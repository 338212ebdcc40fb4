import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createWorld } from '../support/world.ts';

const { http, user } = await createWorld();

/** An agent that sends one user's token with everything. */
async function signedIn(options?: Parameters<typeof user>[0]) {
  const { bearer, id } = await user(options);
  const send = (method: 'get' | 'post' | 'patch' | 'delete') => (path: string) =>
    http[method](path).set('Authorization', bearer);
  return { id, bearer, get: send('get'), post: send('post'), patch: send('patch'), delete: send('delete') };
}

const FIELDS = [
  'id',
  'title',
  'description',
  'status',
  'priority',
  'dueDate',
  'completedAt',
  'userId',
  'workspaceId',
  'version',
  'tags',
  'createdAt',
  'updatedAt',
];

describe('/api/tasks', () => {
  test('POST answers 201 with the whole task and its defaults', async () => {
    const ada = await signedIn();
    const { status, body } = await ada.post('/api/tasks').send({ title: 'Write tests' });
    assert.equal(status, 201);
    assert.deepEqual(Object.keys(body), FIELDS);
    const { id, workspaceId, createdAt, updatedAt, ...rest } = body;
    assert.deepEqual(rest, {
      title: 'Write tests',
      description: null,
      status: 'TODO',
      priority: 'MEDIUM',
      dueDate: null,
      completedAt: null,
      userId: ada.id,
      version: 1,
      tags: [],
    });
    assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual([typeof id, typeof workspaceId, updatedAt], ['string', 'string', createdAt]);
  });

  test('POST carries tags along, and refuses a foreign one without writing anything', async () => {
    const [ada, eve] = [await signedIn(), await signedIn()];
    const own = await ada.post('/api/tags').send({ name: 'home' });
    const foreign = await eve.post('/api/tags').send({ name: 'eve' });
    const good = await ada.post('/api/tasks').send({ title: 'Tagged', tagIds: [own.body.id] });
    assert.deepEqual(good.body.tags, [{ id: own.body.id, name: 'home', color: '#2563eb' }]);
    const bad = await ada.post('/api/tasks').send({ title: 'Bad', tagIds: [own.body.id, foreign.body.id] });
    assert.equal(bad.status, 400);
    assert.ok(bad.body.errors.every((line: string) => line.startsWith('body.tagIds')));
    assert.equal((await ada.get('/api/tasks')).body.pagination.total, 1);
  });

  test('GET lists newest first, 20 to a page, with tags and numbers', async () => {
    const ada = await signedIn();
    for (let number = 1; number <= 21; number += 1) await ada.post('/api/tasks').send({ title: `Task ${number}` });
    const first = await ada.get('/api/tasks');
    assert.equal(first.status, 200);
    assert.deepEqual(Object.keys(first.body), ['tasks', 'pagination']);
    assert.deepEqual(Object.keys(first.body.tasks[0]), FIELDS);
    assert.deepEqual(
      { ...first.body.pagination, nextCursor: '' },
      { page: 1, limit: 20, total: 21, totalPages: 2, nextCursor: '' },
    );
    assert.equal(first.body.tasks[0].title, 'Task 21');
    const second = await ada.get('/api/tasks?page=2');
    assert.deepEqual(
      second.body.tasks.map(({ title }: { title: string }) => title),
      ['Task 1'],
    );
    assert.equal(second.body.pagination.nextCursor, null);
    const cursor = encodeURIComponent(first.body.pagination.nextCursor);
    assert.deepEqual((await ada.get(`/api/tasks?cursor=${cursor}`)).body.tasks, second.body.tasks);
  });

  test('GET filters and sorts by what the query says', async () => {
    const ada = await signedIn();
    const tag = (await ada.post('/api/tags').send({ name: 'x' })).body.id;
    await ada
      .post('/api/tasks')
      .send({ title: 'A', status: 'DONE', priority: 'HIGH', dueDate: '2030-01-01T00:00:00Z' });
    await ada.post('/api/tasks').send({ title: 'B', priority: 'LOW', tagIds: [tag], dueDate: '2031-01-01T00:00:00Z' });
    await ada.post('/api/tasks').send({ title: 'C' });
    const titles = async (query: string) => {
      const { body } = await ada.get(`/api/tasks?${query}`);
      return body.tasks.map(({ title }: { title: string }) => title).join('');
    };
    assert.equal(await titles('status=DONE'), 'A');
    assert.equal(await titles('priority=LOW'), 'B');
    assert.equal(await titles(`tagId=${tag}`), 'B');
    assert.equal(await titles('dueBefore=2030-06-01T00:00:00Z'), 'A');
    assert.equal(await titles('dueAfter=2030-06-01T02:00:00%2B02:00'), 'B');
    assert.equal(await titles('sort=createdAt'), 'ABC');
    assert.equal(await titles('sort=-priority'), 'ACB');
    assert.equal((await ada.get('/api/tasks?count=false')).body.pagination.total, null);
  });

  test('GET refuses pages past the 100,000th task and points at cursors', async () => {
    const ada = await signedIn();
    assert.equal((await ada.get('/api/tasks?page=1000&limit=100')).status, 200);
    const { status, body } = await ada.get('/api/tasks?page=1001&limit=100');
    assert.equal(status, 400);
    assert.match(body.errors[0], /^query\.page: .*cursor/);
  });

  test('GET names what is wrong with a query', async () => {
    const ada = await signedIn();
    const { status, body } = await ada.get('/api/tasks?page=0&limit=101&status=NOPE&count=yes&colour=red');
    assert.equal(status, 400);
    const names = body.errors.map((line: string) => line.split(':')[0]);
    assert.deepEqual(names, ['query.page', 'query.limit', 'query.count', 'query.status', 'query.colour']);
  });
});

describe('/api/tasks/:id', () => {
  test('GET, PATCH and DELETE answer 200, 200 and 204', async () => {
    const ada = await signedIn();
    const { id } = (await ada.post('/api/tasks').send({ title: 'Old', description: 'text' })).body;
    assert.equal((await ada.get(`/api/tasks/${id}`)).body.title, 'Old');
    const changed = await ada.patch(`/api/tasks/${id}`).send({ title: 'New', description: null, status: 'DONE' });
    assert.equal(changed.status, 200);
    assert.deepEqual([changed.body.title, changed.body.description, changed.body.version], ['New', null, 2]);
    assert.notEqual(changed.body.completedAt, null);
    const unchanged = await ada.patch(`/api/tasks/${id}`).send({});
    assert.deepEqual([unchanged.status, unchanged.body], [200, changed.body]);
    const gone = await ada.delete(`/api/tasks/${id}`);
    assert.deepEqual([gone.status, gone.text], [204, '']);
    assert.equal((await ada.get(`/api/tasks/${id}`)).status, 404);
  });

  test('404 for a task that does not or cannot exist, 403 for somebody else’s', async () => {
    const [ada, eve] = [await signedIn(), await signedIn()];
    const { id } = (await ada.post('/api/tasks').send({ title: 'Private' })).body;
    for (const method of ['get', 'patch', 'delete'] as const) {
      for (const unknown of [randomUUID(), 'not-an-id', '%00', '%E0%A4%A']) {
        const { status, body } = await eve[method](`/api/tasks/${unknown}`);
        assert.deepEqual([status, body.message, body.code], [404, 'Task not found', 'task.not_found'], unknown);
      }
      const { status, body } = await eve[method](`/api/tasks/${id}`);
      assert.deepEqual([status, body.code], [403, 'task.forbidden']);
      assert.equal(body.message, 'You do not have access to this task');
    }
    assert.equal((await ada.get(`/api/tasks/${id}`)).body.title, 'Private');
  });

  test('a title may not be cleared, and an unknown field is named', async () => {
    const ada = await signedIn();
    const { id } = (await ada.post('/api/tasks').send({ title: 'x' })).body;
    const { status, body } = await ada.patch(`/api/tasks/${id}`).send({ title: null, titel: 'y' });
    assert.equal(status, 400);
    assert.deepEqual(body.errors, ['body.title: Must be a string', 'body.titel: Unrecognized key']);
  });
});
