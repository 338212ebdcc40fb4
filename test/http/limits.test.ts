import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createHttpApp } from '@taskapp/http';
import supertest from 'supertest';
import { createWorld } from '../support/world.ts';

const LIMITS = { windowMs: 60_000, ip: 4, user: 3, login: 2 };

/** Each with counters of its own: the addresses of a test network (RFC 5737), one a test. */
let lastAddress = 0;
const address = () => `203.0.113.${++lastAddress}`;

async function limited(rateLimit = LIMITS, options = {}) {
  const world = await createWorld({ rateLimit, http: { trustProxy: 1 }, ...options });
  // Until it is connected calls are counted in the process.
  await world.redis?.ping();
  const from = (ip: string) => ({ get: (path: string) => world.http.get(path).set('X-Forwarded-For', ip) });
  return { ...world, from };
}

describe('limits', () => {
  test('charge callers without a token by address', async () => {
    const { from } = await limited();
    const ip = address();
    for (let left = 3; left >= 0; left -= 1) {
      const { status, headers } = await from(ip).get('/api/tasks');
      assert.equal(status, 401);
      assert.equal(headers['ratelimit-policy'], '"ip";q=4;w=60');
      assert.match(headers.ratelimit ?? '', new RegExp(`^"ip";r=${left};t=\\d+$`));
      assert.equal(headers['retry-after'], undefined);
    }
    const { status, body, headers } = await from(ip).get('/api/tasks');
    const seconds = Number(headers['retry-after']);
    assert.ok(seconds >= 1 && seconds <= 60);
    assert.equal(status, 429);
    assert.deepEqual(body, {
      status: 'error',
      message: 'Too many requests',
      errors: [`Rate limit exceeded. Try again in ${seconds} seconds.`],
      code: 'rate_limit.exceeded',
      requestId: headers['x-request-id'],
    });
    assert.equal(headers.ratelimit, `"ip";r=0;t=${seconds}`);
    assert.equal((await from(address()).get('/api/tasks')).status, 401);
  });

  test('charge a genuine token to its user, wherever it is used', async () => {
    const { from, user } = await limited();
    const [ada, bob] = [await user(), await user()];
    for (let left = 2; left >= 0; left -= 1) {
      const { status, headers } = await from(address()).get('/api/tasks').set('Authorization', ada.bearer);
      assert.deepEqual([status, headers['ratelimit-policy']], [200, '"user";q=3;w=60']);
      assert.match(headers.ratelimit ?? '', new RegExp(`^"user";r=${left};`));
    }
    assert.equal((await from(address()).get('/api/tasks').set('Authorization', ada.bearer)).status, 429);
    assert.equal((await from(address()).get('/api/tasks').set('Authorization', bob.bearer)).status, 200);
  });

  test('charge a token that is no good to the address', async () => {
    const { from } = await limited();
    const { headers } = await from(address()).get('/api/tasks').set('Authorization', 'Bearer x');
    assert.equal(headers['ratelimit-policy'], '"ip";q=4;w=60');
  });

  test('have a stricter budget for sign-in, by address, which a token does not change', async () => {
    const { http, user } = await limited();
    const { bearer } = await user();
    const ip = address();
    const login = () =>
      http
        .post('/api/auth/login')
        .set({ 'X-Forwarded-For': ip, Authorization: bearer })
        .send({ email: 'a@example.com' });
    const first = await login();
    assert.deepEqual([first.status, first.headers['ratelimit-policy']], [400, '"login";q=2;w=60']);
    await login();
    assert.equal((await login()).status, 429);
  });

  test('are spent before a body is read and before the database is asked', async () => {
    const { http, app, db } = await limited();
    const ip = address();
    const send = () =>
      http.post('/api/auth/login').set('X-Forwarded-For', ip).set('Content-Type', 'text/plain').send('x');
    assert.deepEqual([(await send()).status, (await send()).status, (await send()).status], [415, 415, 429]);
    const { bearer } = await limited().then(({ user }) => user());
    const queries: unknown[] = [];
    db.on('query', (query) => queries.push(query));
    const agent = supertest(createHttpApp(app).callback());
    assert.equal((await agent.get('/api/tasks').set('Authorization', bearer)).status, 401);
    assert.deepEqual(queries, []);
  });

  test('count an IPv6 subscriber as one: the /64', async () => {
    const { from } = await limited();
    const network = `2001:db8:${(Date.now() % 0xffff).toString(16)}:1`;
    for (let host = 1; host <= 4; host += 1) await from(`${network}::${host}`).get('/api/tasks');
    assert.equal((await from(`${network}:ffff::1`).get('/api/tasks')).status, 429);
    assert.equal((await from(`${network.replace(/1$/, '2')}::1`).get('/api/tasks')).status, 401);
  });

  test('open again for a client that waits as long as it was told', async () => {
    const { from } = await limited({ ...LIMITS, windowMs: 1000, ip: 1 });
    const ip = address();
    await from(ip).get('/api/tasks');
    const { status, headers } = await from(ip).get('/api/tasks');
    assert.equal(status, 429);
    await pause(Number(headers['retry-after']) * 1000);
    assert.equal((await from(ip).get('/api/tasks')).status, 401);
  });

  test('are kept in the process where there is no Redis', async () => {
    const { from } = await limited(LIMITS, { redis: null });
    const ip = address();
    for (let request = 0; request < 4; request += 1) await from(ip).get('/api/tasks');
    assert.equal((await from(ip).get('/api/tasks')).status, 429);
  });

  test('leave out what is no operation', async () => {
    const { from } = await limited();
    for (const path of ['/livez', '/readyz', '/health', '/openapi.json', '/docs', '/nope']) {
      const { headers } = await from(address()).get(path);
      assert.equal(headers.ratelimit, undefined, path);
    }
  });
});
