import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHttpApp, createMetrics } from '@taskapp/http';
import { HOSTS, PREFIX } from '../support/hosts.ts';
import { createWorld } from '../support/world.ts';

const { app, user } = await createWorld();

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Of whatever was asked for: each test knows. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of all operations
  readonly body: any;
}

for (const [name, createHost] of Object.entries(HOSTS)) {
  describe(`in ${name}`, async () => {
    const metrics = createMetrics();
    const host = await createHost(createHttpApp(app, { metrics }));
    const trusting = await createHost(createHttpApp(app, { trustProxy: 1 }));

    const receive = async (answer: Response): Promise<Answer> => {
      const text = await answer.text();
      const { status, headers } = answer;
      return { status, headers, body: headers.get('content-type')?.includes('json') ? JSON.parse(text) : text };
    };
    const ask = async (path: string, init?: RequestInit) => receive(await host.send(PREFIX + path, init));
    const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
      ask(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });

    test('people sign up, make a task, list it and sign out', async () => {
      const email = `${crypto.randomUUID()}@example.com`;
      const signedUp = await post('/api/auth/register', { email, password: 'Password123', name: 'Ada' });
      assert.equal(signedUp.status, 201);
      const headers = { Authorization: `Bearer ${signedUp.body.accessToken}` };
      const made = await post('/api/tasks', { title: 'mounted' }, headers);
      assert.deepEqual([made.status, made.body.title], [201, 'mounted']);
      const listed = await ask('/api/tasks?limit=5&status=TODO', { headers });
      assert.deepEqual([listed.body.tasks[0].id, listed.body.pagination.limit], [made.body.id, 5]);
      assert.equal((await ask('/api/auth/logout', { method: 'POST', headers })).status, 204);
      assert.equal((await ask('/api/tasks', { headers })).status, 401);
    });

    test('answers without a body have none, and keep their headers', async () => {
      const { bearer, as } = await user();
      const { id } = await as.tasks.create({ title: 'x' });
      const headers = { Authorization: bearer };
      const read = await ask(`/api/tasks/${id}`, { headers });
      const tag = read.headers.get('etag') ?? '';
      const head = await host.send(`${PREFIX}/api/tasks/${id}`, { method: 'HEAD', headers });
      assert.deepEqual([head.status, await head.text(), head.headers.get('etag')], [200, '', tag]);
      // Without a word about caches, `fetch` would ask for an answer that does not come from one.
      const known = { ...headers, 'If-None-Match': tag, 'Cache-Control': 'max-age=0' };
      const same = await host.send(`${PREFIX}/api/tasks/${id}`, { headers: known });
      assert.deepEqual([same.status, await same.text(), same.headers.get('etag')], [304, '', tag]);
      const removed = await host.send(`${PREFIX}/api/tasks/${id}`, { method: 'DELETE', headers });
      assert.deepEqual([removed.status, await removed.text()], [204, '']);
    });

    test('refusals have the one shape, whatever the host thinks of errors', async () => {
      const unknown = await ask('/nope', { headers: { 'X-Request-Id': 'abc' } });
      assert.deepEqual([unknown.status, unknown.headers.get('x-request-id')], [404, 'abc']);
      const { status, message, code, requestId } = unknown.body;
      assert.deepEqual([status, message, code, requestId], ['error', 'Route not found', 'http.route_not_found', 'abc']);
      const method = await ask('/api/tasks', { method: 'PUT' });
      assert.deepEqual([method.status, method.headers.get('allow')], [405, 'HEAD, GET, POST, OPTIONS']);
      assert.equal((await ask('/api/tasks', { method: 'OPTIONS' })).status, 204);
      assert.equal((await ask('/api/tasks')).body.message, 'Access token required');
      const { bearer } = await user();
      const invalid = await post('/api/tasks', { title: '', done: true }, { Authorization: bearer });
      assert.deepEqual(invalid.body.errors, ['body.title: Title is required', 'body.done: Unrecognized key']);
      const form = await post('/api/tasks', 'title=x', {
        Authorization: bearer,
        'Content-Type': 'application/x-www-form-urlencoded',
      });
      assert.deepEqual([form.status, form.body.code], [415, 'http.unsupported_media_type']);
    });

    test('a body that is too large is refused, and so is one of unknown length', async () => {
      const { bearer } = await user();
      const large = await post('/api/tasks', { title: 'x'.repeat(20_000) }, { Authorization: bearer });
      assert.deepEqual([large.status, large.body.code], [413, 'http.body_too_large']);
      const body = new Blob(['{"title":"', 'x'.repeat(50_000), '"}']).stream();
      const headers = { Authorization: bearer, 'Content-Type': 'application/json' };
      const streamed = await ask('/api/tasks', { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
      assert.deepEqual([streamed.status, streamed.body.code], [413, 'http.body_too_large']);
      assert.equal((await post('/api/tasks', { title: 'small' }, { Authorization: bearer })).status, 201);
    });

    test('a piecemeal body arrives whole', async () => {
      const { bearer } = await user();
      const body = new Blob(['{"tit', 'le":"Bu', 'y milk"}']).stream();
      const headers = { Authorization: bearer, 'Content-Type': 'application/json' };
      const made = await ask('/api/tasks', { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
      assert.deepEqual([made.status, made.body.title], [201, 'Buy milk']);
    });

    test('the documents find each other below the prefix', async () => {
      const page = await ask('/docs');
      assert.equal(page.status, 200);
      const [, link = ''] = /href="(openapi\.json)"/.exec(page.body) ?? [];
      const from = new URL(`${PREFIX}/docs`, 'http://host.test');
      const document = await receive(await host.send(new URL(link, from).pathname));
      assert.equal(document.body.openapi, '3.1.0');
      const base = new URL(document.body.servers[0].url, new URL(link, from)).pathname;
      assert.equal(base.replace(/\/$/, ''), PREFIX);
      const slash = await ask('/docs/');
      const target = new URL(slash.headers.get('location') ?? '', `http://host.test${PREFIX}/docs/`).pathname;
      assert.deepEqual([slash.status, target], [302, `${PREFIX}/docs`]);
    });

    test('the host keeps its own routes, bodies and errors', async () => {
      const hello = await receive(await host.send('/hello'));
      assert.equal(hello.status, 200);
      assert.equal(hello.headers.get('x-request-id'), null);
      const headers = { 'Content-Type': 'application/json' };
      const echo = await host.send('/echo', { method: 'POST', headers, body: '{"a":1}' });
      assert.equal(await echo.text(), '{"a":1}');
      const elsewhere = await receive(await host.send('/api/tasks'));
      assert.deepEqual([elsewhere.status, elsewhere.body.code], [404, undefined]);
      assert.notEqual((await receive(await host.send(`${PREFIX}x/livez`))).status, 200);
    });

    test('metrics have the routes of the API, without the prefix', async () => {
      await ask('/api/tags?x=1');
      const text = await metrics.render();
      assert.match(text, /route="\/api\/tags"/);
      assert.ok(!text.includes(PREFIX));
    });

    test('the address of a client is that of its connection, or what a trusted proxy says', async () => {
      const { email, password } = await user();
      const addressOf = async (through: typeof host) => {
        const init = {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': '203.0.113.7' },
          body: JSON.stringify({ email, password }),
        };
        const { body } = await receive(await through.send(`${PREFIX}/api/auth/login`, init));
        const headers = { Authorization: `Bearer ${body.accessToken}` };
        const { sessions } = (await ask('/api/auth/sessions', { headers })).body;
        return sessions.find(({ current }: { current: boolean }) => current).ip;
      };
      assert.equal(await addressOf(host), host.url ? '127.0.0.1' : null);
      assert.equal(await addressOf(trusting), '203.0.113.7');
    });
  });
}
