import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHttpApp } from '@taskapp/http';
import supertest from 'supertest';
import { createWorld } from '../support/world.ts';

const ORIGIN = 'https://app.example.com';
const { app, http, user } = await createWorld({ http: { corsOrigins: [ORIGIN, 'https://two.example.com'] } });
const { bearer } = await user();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('X-Request-Id', () => {
  test('comes back on every answer, whatever it is', async () => {
    for (const path of ['/livez', '/nope', '/api/tasks', '/docs', '/api/tasks?page=%']) {
      const { headers } = await http.get(path).set('X-Request-Id', 'abc-1:2.3_4');
      assert.equal(headers['x-request-id'], 'abc-1:2.3_4', path);
    }
  });

  test('is replaced when it is absent, malformed, too long or given twice', async () => {
    for (const id of ['', '-a', 'a b', 'a"b', 'a'.repeat(129), '\u00e4', ['a', 'b']]) {
      const { headers, body } = await http.get('/nope').set('X-Request-Id', id as string);
      assert.match(headers['x-request-id'] ?? '', UUID);
      assert.equal(body.requestId, headers['x-request-id']);
    }
    assert.match((await http.get('/livez')).headers['x-request-id'] ?? '', UUID);
  });
});

describe('security headers', () => {
  test('are on every answer', async () => {
    for (const path of ['/livez', '/nope', '/api/tasks']) {
      const { headers } = await http.get(path);
      assert.equal(headers['content-security-policy'], "default-src 'none';frame-ancestors 'none'");
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['content-type'], 'application/json; charset=utf-8');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-powered-by'], undefined);
    }
  });

  test('ask for TLS only over TLS', async () => {
    const behindProxy = supertest(createHttpApp(app, { trustProxy: 1 }).callback());
    const header = async (agent: typeof http, proto: string) =>
      (await agent.get('/livez').set('X-Forwarded-Proto', proto)).headers['strict-transport-security'];
    assert.match((await header(behindProxy, 'https')) ?? '', /^max-age=\d+/);
    assert.equal(await header(behindProxy, 'http'), undefined);
    assert.equal(await header(http, 'https'), undefined);
  });
});

describe('CORS', () => {
  test('lets listed origins read answers and their headers', async () => {
    const { headers } = await http.get('/api/tasks').set('Origin', ORIGIN);
    assert.equal(headers['access-control-allow-origin'], ORIGIN);
    assert.equal(headers['access-control-allow-credentials'], undefined);
    assert.match(headers.vary ?? '', /Origin/);
    for (const name of ['X-Request-Id', 'RateLimit', 'Retry-After', 'ETag']) {
      assert.ok(headers['access-control-expose-headers']?.includes(name), name);
    }
  });

  test('tells other origins nothing', async () => {
    for (const origin of ['null', 'https://evil.example', `${ORIGIN}.evil.example`, 'http://app.example.com']) {
      const { headers } = await http.get('/livez').set('Origin', origin);
      assert.equal(headers['access-control-allow-origin'], undefined, origin);
      assert.match(headers.vary ?? '', /Origin/);
    }
  });

  test('answers preflights before anything else', async () => {
    const preflight = (origin: string) =>
      http
        .options('/api/tasks')
        .set({ Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'x' });
    const { status, headers } = await preflight(ORIGIN);
    assert.equal(status, 204);
    assert.match(headers['access-control-allow-methods'] ?? '', /PATCH/);
    assert.match(headers['access-control-allow-headers'] ?? '', /Authorization,Content-Type/);
    assert.equal(headers.ratelimit, undefined);
    assert.equal((await preflight('https://evil.example')).headers['access-control-allow-origin'], undefined);
  });

  test('is open to all with *, and closed by default', async () => {
    const open = supertest(createHttpApp(app, { corsOrigins: ['*'] }).callback());
    const closed = supertest(createHttpApp(app).callback());
    const header = async (agent: typeof http) =>
      (await agent.get('/livez').set('Origin', ORIGIN)).headers['access-control-allow-origin'];
    assert.equal(await header(open), '*');
    assert.equal(await header(closed), undefined);
  });
});

describe('compression', () => {
  test('is for answers of 1 KiB and more', async () => {
    for (let number = 0; number < 5; number += 1) {
      await http
        .post('/api/tasks')
        .set('Authorization', bearer)
        .send({ title: 'x'.repeat(200) });
    }
    const large = await http.get('/api/tasks').set({ Authorization: bearer, 'Accept-Encoding': 'gzip' });
    assert.equal(large.headers['content-encoding'], 'gzip');
    assert.equal(large.body.tasks.length, 5);
    const small = await http.get('/api/users/me').set({ Authorization: bearer, 'Accept-Encoding': 'gzip' });
    assert.equal(small.headers['content-encoding'], undefined);
    assert.match(small.headers.vary ?? '', /Accept-Encoding/);
  });

  test('is off where tokens are answered', async () => {
    const ada = await user({ name: 'x'.repeat(100) });
    const long = 'x'.repeat(64);
    const email = `${long}@${'y'.repeat(60)}.${'z'.repeat(60)}.example.com`;
    const { status, headers } = await http
      .post('/api/auth/register')
      .set('Accept-Encoding', 'gzip')
      .send({ email, password: ada.password, name: '😀'.repeat(100) });
    assert.equal(status, 201);
    assert.ok(Number(headers['content-length']) > 1024);
    assert.equal(headers['content-encoding'], undefined);
  });
});

describe('the head of a request', () => {
  test('has a URL of at most 4096 characters', async () => {
    const path = (length: number) => `/livez?${'x'.repeat(length - 7)}`;
    assert.equal((await http.get(path(4096))).status, 200);
    const { status, body } = await http.get(path(4097));
    assert.deepEqual([status, body.message, body.code], [414, 'URI too long', 'http.uri_too_long']);
  });

  test('has at most 64 lines of headers', async () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, number) => [`X-Header-${number}`, 'x']));
    const { status, body, headers } = await http.get('/livez').set(many);
    assert.deepEqual([status, body.code], [431, 'http.headers_too_large']);
    assert.equal(headers.connection, 'close');
  });
});
