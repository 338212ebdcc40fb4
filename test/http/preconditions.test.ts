import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createWorld } from '../support/world.ts';

const { http, user } = await createWorld();

async function withTask() {
  const { bearer } = await user();
  const made = await http.post('/api/tasks').set('Authorization', bearer).send({ title: 'x' });
  const path = `/api/tasks/${made.body.id}`;
  const patch = (title: string, headers: Record<string, string | string[]> = {}) =>
    http
      .patch(path)
      .set({ Authorization: bearer, ...(headers as Record<string, string>) })
      .send({ title });
  const get = (url = path, headers = {}) => http.get(url).set({ Authorization: bearer, ...headers });
  return { bearer, path, patch, get, etag: made.headers.etag ?? '' };
}

describe('ETag and If-None-Match', () => {
  test('a resource has a strong tag, the same from every operation that answers it', async () => {
    const { get, etag, patch } = await withTask();
    assert.match(etag, /^"1-[\w-]{16}"$/);
    const { headers } = await get();
    assert.deepEqual([headers.etag, headers['cache-control']], [etag, 'private, no-cache']);
    const changed = await patch('y');
    assert.match(changed.headers.etag ?? '', /^"2-/);
    assert.equal(changed.headers['cache-control'], 'no-store');
  });

  test('an answer that is known is 304 without a body, until something in it changes', async () => {
    const { bearer, path, get, patch } = await withTask();
    for (const url of [path, '/api/tasks', '/api/tags']) {
      const { headers } = await get(url);
      const tag = headers.etag ?? '';
      assert.equal(tag.startsWith('W/'), url !== path, url);
      const known = await get(url, { 'If-None-Match': `"other", ${tag}` });
      assert.deepEqual([known.status, known.text, known.headers.etag], [304, '', tag]);
      assert.equal((await http.head(url).set({ Authorization: bearer, 'If-None-Match': tag })).status, 304);
      assert.equal((await get(url, { 'If-None-Match': '"other"' })).status, 200);
    }
    const before = (await get('/api/tasks')).headers.etag ?? '';
    await patch('changed');
    assert.equal((await get('/api/tasks', { 'If-None-Match': before })).status, 200);
  });

  test('a task that shows a renamed tag is another answer', async () => {
    const { bearer, path, get } = await withTask();
    const tag = await http.post('/api/tags').set('Authorization', bearer).send({ name: 'old' });
    await http
      .patch(path)
      .set('Authorization', bearer)
      .send({ tagIds: [tag.body.id] });
    const before = (await get()).headers.etag ?? '';
    await http.patch(`/api/tags/${tag.body.id}`).set('Authorization', bearer).send({ name: 'new' });
    assert.equal((await get(path, { 'If-None-Match': before })).status, 200);
  });

  test('answers with tokens, and errors, have none', async () => {
    const { email, password } = await user();
    assert.equal((await http.post('/api/auth/login').send({ email, password })).headers.etag, undefined);
    assert.equal((await http.get('/api/tasks')).headers.etag, undefined);
  });
});

describe('If-Match', () => {
  test('lets a change through only if the resource still has that version', async () => {
    const { path, patch, etag, get, bearer } = await withTask();
    assert.equal((await patch('first', { 'If-Match': etag })).status, 200);
    const { status, body } = await patch('second', { 'If-Match': etag });
    assert.deepEqual([status, body.code], [412, 'input.version_conflict']);
    assert.equal((await get()).body.title, 'first');
    assert.equal((await http.delete(path).set({ Authorization: bearer, 'If-Match': etag })).status, 412);
    const current = (await get()).headers.etag ?? '';
    assert.equal((await patch('third', { 'If-Match': `"9-abc", ${current}` })).status, 200);
    assert.equal((await patch('fourth', { 'If-Match': '*' })).status, 200);
  });

  test('is never met by a weak tag or by one that is not ours', async () => {
    const { patch, etag } = await withTask();
    for (const value of [`W/${etag}`, '"abc"', '"1"']) {
      assert.equal((await patch('no', { 'If-Match': value })).status, 412, value);
    }
  });

  test('that is no list of tags is a 400', async () => {
    const { patch } = await withTask();
    for (const value of ['1', 'abc', '"1', '"1-a" "2-b"', '"1-a",']) {
      const { status, body } = await patch('no', { 'If-Match': value });
      assert.deepEqual([status, body.code], [400, 'http.malformed_request'], value);
    }
  });

  test('of many changes at once one wins', async () => {
    const { patch, etag } = await withTask();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => patch(`${n}`, { 'If-Match': etag })));
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, ...Array(9).fill(412)]);
  });
});

describe('Idempotency-Key', () => {
  const create = (bearer: string, key: string | string[], title = 'once') =>
    http
      .post('/api/tasks')
      .set({ Authorization: bearer, 'Idempotency-Key': key as string })
      .send({ title });

  test('carries a call out once, and answers it again as before', async () => {
    const { bearer } = await user();
    const [first, second] = [await create(bearer, 'key-1'), await create(bearer, '"key-1"')];
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.deepEqual(second.body, first.body);
    assert.equal(second.headers.etag, first.headers.etag);
    assert.notEqual(second.headers['x-request-id'], first.headers['x-request-id']);
    assert.equal((await http.get('/api/tasks').set('Authorization', bearer)).body.pagination.total, 1);
    assert.equal((await create(bearer, 'key-2')).body.id === first.body.id, false);
  });

  test('belongs to one request and to one user', async () => {
    const [ada, eve] = [await user(), await user()];
    const { body } = await create(ada.bearer, 'mine');
    const reused = await create(ada.bearer, 'mine', 'another title');
    assert.deepEqual([reused.status, reused.body.code], [422, 'idempotency.key_reused']);
    assert.notEqual((await create(eve.bearer, 'mine')).body.id, body.id);
  });

  test('is 1 to 255 visible characters, given once', async () => {
    const { bearer } = await user();
    for (const key of ['', '""', 'a b', 'a'.repeat(256), ['a', 'b']]) {
      const { status, body } = await create(bearer, key);
      assert.deepEqual([status, body.code], [400, 'idempotency.key_malformed'], `${key}`.slice(0, 10));
    }
    assert.equal((await create(bearer, 'a'.repeat(255))).status, 201);
  });

  test('of a call that failed is free again', async () => {
    const { bearer } = await user();
    assert.equal((await create(bearer, 'retry', '')).status, 400);
    assert.equal((await create(bearer, 'retry', 'now')).status, 201);
  });
});
