import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, createTaskApp, type TaskApp } from '@taskapp/core';
import { createHttpApp, createMetrics, type HttpAppOptions, type LifecycleState } from '@taskapp/http';
import { Redis } from 'ioredis';
import supertest from 'supertest';
import { createWorld, secrets } from '../support/world.ts';

const { app, db, redis, http, user } = await createWorld();

const serve = (of: TaskApp, options?: HttpAppOptions) => supertest(createHttpApp(of, options).callback());

/** Nobody listens on port 1. */
const nowhere = () => connect('postgres://nobody@127.0.0.1:1/none');

async function withoutDatabase(work: (http: ReturnType<typeof serve>, app: TaskApp) => Promise<void>) {
  const away = nowhere();
  const lost = createTaskApp({ db: away, redis: null, secrets: secrets() });
  await work(serve(lost), lost);
  await lost.close();
  await away.destroy();
}

describe('/health', () => {
  test('is healthy with a time stamp', async () => {
    await redis.ping();
    const { status, body, headers } = await http.get('/health');
    assert.deepEqual([status, Object.keys(body), body.status], [200, ['status', 'timestamp'], 'healthy']);
    assert.ok(Math.abs(Date.parse(body.timestamp) - Date.now()) < 5000);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal((await http.head('/health')).status, 200);
  });

  test('is degraded, and 200, without Redis; everything works', async () => {
    const redis = new Redis({ host: '127.0.0.1', port: 1, lazyConnect: true, retryStrategy: null });
    const degraded = createTaskApp({ db, redis, secrets: secrets(), passwords: { cost: 4 } });
    const agent = serve(degraded);
    const { status, body } = await agent.get('/health');
    assert.deepEqual([status, body.status, typeof body.timestamp], [200, 'degraded', 'string']);
    const ready = await agent.get('/readyz');
    assert.deepEqual([ready.status, ready.body.checks], [200, { postgres: 'up', redis: 'down' }]);
    const account = { email: 'redis-less@example.com', password: 'Password123', name: 'Ada' };
    assert.equal((await agent.post('/api/auth/register').send(account)).status, 201);
    await degraded.close();
    redis.disconnect();
  });

  test('is unhealthy, and 503, until operations are served, and healthy while requests are finished', async () => {
    for (const [state, expected] of [
      ['starting', 503],
      ['ready', 200],
      ['draining', 200],
    ] as const) {
      assert.equal((await serve(app, { state: () => state }).get('/health')).status, expected, state);
    }
  });

  test('is unhealthy, and 503, without PostgreSQL', async () => {
    await withoutDatabase(async (agent) => {
      const { status, body } = await agent.get('/health');
      assert.deepEqual([status, body], [503, { status: 'unhealthy' }]);
      const ready = await agent.get('/readyz');
      assert.deepEqual([ready.status, ready.body.checks.postgres], [503, 'down']);
      assert.deepEqual((await agent.get('/livez')).body, { status: 'ok' });
    });
  });
});

test('without PostgreSQL operations answer 503 with Retry-After, whatever token comes along', async () => {
  await withoutDatabase(async (agent) => {
    const { status, body, headers } = await agent
      .post('/api/auth/login')
      .send({ email: 'a@example.com', password: 'x' });
    assert.deepEqual([status, body.message, body.code], [503, 'Service unavailable', 'database.unavailable']);
    assert.ok(Number(headers['retry-after']) >= 1);
  });
  const away = nowhere();
  const shared = secrets();
  const signing = createTaskApp({ db, redis: null, secrets: shared, passwords: { cost: 4 } });
  const lost = createTaskApp({ db: away, redis: null, secrets: shared });
  const account = { email: 'db-less@example.com', password: 'Password123', name: 'Ada' };
  const { accessToken } = await signing.auth.register({}, account);
  const { status, headers } = await serve(lost).get('/api/users/me').set('Authorization', `Bearer ${accessToken}`);
  assert.deepEqual([status, headers['www-authenticate']], [503, undefined]);
  await Promise.all([signing.close(), lost.close(), away.destroy()]);
});

describe('the life cycle', () => {
  const at = (state: LifecycleState) => serve(app, { state: () => state });

  test('a starting server is alive, not ready, and serves no operation', async () => {
    const agent = at('starting');
    assert.equal((await agent.get('/livez')).status, 200);
    const ready = await agent.get('/readyz');
    assert.deepEqual([ready.status, ready.body.status], [503, 'starting']);
    const { status, body, headers } = await agent.get('/api/tasks');
    assert.deepEqual([status, body.code, headers['retry-after']], [503, 'http.starting', '1']);
  });

  test('a draining server answers, is not ready, and ends connections', async () => {
    const agent = at('draining');
    const ready = await agent.get('/readyz');
    assert.deepEqual([ready.status, ready.body.status], [503, 'draining']);
    const { status, headers } = await agent.get('/api/tasks');
    assert.deepEqual([status, headers.connection], [401, 'close']);
  });
});

describe('/metrics', () => {
  test('without a token it is for callers on this machine, and absent for others', async () => {
    assert.equal((await http.get('/metrics')).status, 200);
    const { status, body } = await http.get('/metrics').set('X-Forwarded-For', '127.0.0.1');
    assert.deepEqual([status, body.code], [404, 'http.route_not_found']);
  });

  test('with a token it is for those who bring it', async () => {
    const metricsToken = 'metrics-token-0123456789';
    const agent = serve(app, { metricsToken });
    for (const value of ['', 'Bearer wrong', `Basic ${metricsToken}`, `Bearer ${metricsToken}x`]) {
      const { status, headers } = await agent.get('/metrics').set('Authorization', value);
      assert.deepEqual([status, headers['www-authenticate']], [401, 'Bearer realm="taskapp"'], value);
    }
    const { status, headers } = await agent.get('/metrics').set('Authorization', `bearer ${metricsToken}`);
    assert.equal(status, 200);
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  });

  test('counts requests by route template, and pools, for each app on its own', async () => {
    const metrics = createMetrics({ db });
    const [one, two] = [serve(app, { metrics }), serve(app)];
    const { bearer, id } = await user();
    await one.get(`/api/tasks/${id}`).set('Authorization', bearer);
    for (const path of ['/x', '/y']) await one.get(path);
    await one.propfind('/x');
    const { text } = await one.get('/metrics');
    assert.match(text, /_count\{method="GET",route="\/api\/tasks\/:id",status="404"\} 1/);
    assert.match(text, /_count\{method="GET",route="unmatched",status="404"\} 2/);
    assert.match(text, /_count\{method="OTHER",route="unmatched",status="404"\} 1/);
    assert.match(text, /database_pool_connections\{state="free"\} \d/);
    assert.doesNotMatch(text, new RegExp(id));
    assert.doesNotMatch((await two.get('/metrics')).text, /tasks/);
  });
});

describe('/docs', () => {
  test('is a page under a strict CSP that names no other host', async () => {
    const { status, text, headers } = await http.get('/docs');
    assert.deepEqual([status, headers['content-type']], [200, 'text/html; charset=utf-8']);
    const csp = headers['content-security-policy'] ?? '';
    assert.match(csp, /default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(`${csp}${text}`, /https?:|\/\//);
    assert.doesNotMatch(text, /<script>|onload=|style=/);
    const files = [...text.matchAll(/(?:src|href)="(docs\/[^"]+)"/g)].map(([, file]) => file);
    assert.equal(files.length, 4);
    for (const file of files) {
      const { status, headers } = await http.get(`/${file}`);
      assert.equal(status, 200, `${file}: run \`node scripts/vendor-docs.mjs\``);
      assert.match(headers['content-type'] ?? '', /^text\/(css|javascript)/);
    }
  });

  test('redirects from a trailing slash, relative to where it is mounted', async () => {
    const { status, headers } = await http.get('/docs/');
    assert.deepEqual([status, headers.location], [302, '../docs']);
  });

  test('serves its own files and nothing else', async () => {
    for (const name of ['LICENSE', '..%2f..%2fpackage.json', 'toString', '%2e%2e']) {
      assert.equal((await http.get(`/docs/${name}`)).status, 404, name);
    }
  });

  test('can be switched off together with the description', async () => {
    const agent = serve(app, { docs: false });
    for (const path of ['/docs', '/docs/start.js', '/openapi.json']) assert.equal((await agent.get(path)).status, 404);
  });
});
