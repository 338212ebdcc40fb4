import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { connect as connectTo, createTaskApp } from '@taskapp/core';
import { createHttpApp, createMetrics } from '@taskapp/http';
import knex from 'knex';
import supertest from 'supertest';
import { atEnd } from '../support/cleanup.ts';
import { createWorld, secrets, type TestUser } from '../support/world.ts';

const shared = secrets();
const { url, user } = await createWorld({ secrets: shared });
/** More connections than a user may have requests, and as much patience as a test needs. */
const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: 30 } });
const rateLimit = { ip: 100_000, user: 100_000, login: 100_000 };
const app = createTaskApp({ db, redis: null, secrets: shared, rateLimit });
atEnd(() => db.destroy());
atEnd(app.close);

/** An app of its own on the database that all of them share. */
async function serve(options: Parameters<typeof createHttpApp>[1] = {}, of = app) {
  const lines: { level: string; message: string; code?: unknown; error?: unknown }[] = [];
  const write = (level: string) => (message: string, meta?: object) => void lines.push({ level, message, ...meta });
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const metrics = createMetrics();
  const server = createHttpApp(of, { log, metrics, ...options }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => server.close().closeAllConnections());
  const http = supertest(server);
  const read = async (name: string) =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await metrics.render())?.[1] ?? 0);
  const reach = async (count: number) => {
    for (const deadline = Date.now() + 10_000; (await read('http_requests_in_flight')) !== count; ) {
      assert.ok(Date.now() < deadline, `not ${count} in flight, but ${await read('http_requests_in_flight')}`);
      await new Promise(setImmediate);
    }
  };
  return { http, lines, read, reach, port: (server.address() as AddressInfo).port };
}

type Http = Awaited<ReturnType<typeof serve>>['http'];
const create = (http: Http, { bearer }: TestUser) =>
  http.post('/api/tasks').set('Authorization', bearer).send({ title: 'x' });
const list = (http: Http, { bearer }: TestUser, path = '/api/tasks') => http.get(path).set('Authorization', bearer);

async function until(status: number, ask: () => PromiseLike<{ status: number }>): Promise<void> {
  for (const deadline = Date.now() + 5000; (await ask()).status !== status; ) {
    assert.ok(Date.now() < deadline, `no ${status}`);
  }
}

/** Requests that create tasks hang until `release`; resolves with the statuses that they end with. */
async function hang(t: TestContext) {
  const holder = await db.transaction();
  await holder.raw('lock table taskapp.tasks in share mode');
  const hanging: Promise<{ status: number }>[] = [];
  const release = async () => {
    if (!holder.isCompleted()) await holder.rollback();
    return (await Promise.all(hanging)).map(({ status }) => status);
  };
  // Where the test fails first, the next one must not wait for this lock.
  t.after(release);
  return {
    add: (http: Http, by: TestUser, count: number) => {
      for (let number = 0; number < count; number += 1) hanging.push(create(http, by).then((answer) => answer));
    },
    release,
  };
}

describe('operations in progress', () => {
  test('from the limit on lists are refused, past half as many more everything but what is essential', async (t) => {
    const { http, read, reach } = await serve({ maxInFlight: 4 });
    const [ada, bob] = [await user(), await user()];
    const crowd = await hang(t);
    crowd.add(http, ada, 3);
    await reach(3);
    assert.equal((await list(http, bob)).status, 200);
    crowd.add(http, ada, 1);
    await reach(4);
    for (const path of ['/api/tasks', '/api/tags', '/api/auth/sessions']) {
      assert.equal((await list(http, bob, path)).body.code, 'http.overloaded', path);
    }
    assert.equal((await list(http, bob, '/api/users/me')).status, 200);
    crowd.add(http, ada, 2);
    await reach(6);
    for (const path of ['/api/users/me', `/api/tasks/${ada.id}`]) {
      assert.equal((await list(http, bob, path)).body.code, 'http.overloaded', path);
    }
    assert.equal((await create(http, bob)).body.code, 'http.overloaded');
    for (const path of ['/livez', '/readyz', '/health', '/metrics', '/openapi.json']) {
      assert.equal((await http.get(path)).status, 200, path);
    }
    const refreshed = await http.post('/api/auth/refresh').send({ refreshToken: bob.refreshToken });
    assert.equal(refreshed.status, 200);
    assert.equal((await http.post('/api/auth/logout').set('Authorization', bob.bearer)).status, 204);
    assert.equal((await http.post('/api/auth/logout-all').set('Authorization', bob.bearer)).status, 401);

    assert.deepEqual(await crowd.release(), Array(6).fill(201));
    assert.deepEqual([(await list(http, ada)).status, (await create(http, ada)).status], [200, 201]);
    assert.equal(await read('http_requests_shed_total{reason="in_flight"}'), 6);
  });

  test('a refusal says when to come back, in the one error shape, before anything is charged or read', async () => {
    const { http } = await serve({ maxInFlight: 0 });
    const seconds = new Set<number>();
    for (let request = 0; request < 30; request += 1) {
      const { status, body, headers } = await http
        .post('/api/auth/login')
        .set({ 'Content-Type': 'text/plain', 'X-Request-Id': 'abc', Origin: 'https://x.example' })
        .send('x');
      assert.deepEqual([status, headers.ratelimit, headers['x-content-type-options']], [503, undefined, 'nosniff']);
      const shape = { status: 'error', message: 'Service unavailable', code: 'http.overloaded', requestId: 'abc' };
      assert.deepEqual(body, shape);
      seconds.add(Number(headers['retry-after']));
    }
    assert.ok([...seconds].every((value) => value >= 1 && value <= 5));
    assert.ok(seconds.size > 1, 'not all at the same time');
  });

  test('those whose body is still on its way are not counted: slow clients block nobody', async () => {
    const { http, port } = await serve({ maxInFlight: 1, maxConcurrentPerUser: 5 });
    const [ada, bob] = [await user(), await user()];
    const head = `POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: ${ada.bearer}\r\n`;
    const sockets: Socket[] = [];
    for (let number = 0; number < 5; number += 1) {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      atEnd(() => socket.destroy());
      await once(socket, 'connect');
      socket.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
      await until(200, () => list(http, bob));
    }
    await until(429, () => list(http, ada));
    await until(200, () => list(http, bob));
    for (const socket of sockets) socket.destroy();
    await until(200, () => list(http, ada));
  });

  test('what a server refuses on purpose is no error in its log; what breaks is one', async () => {
    for (const [options, code] of [
      [{ maxInFlight: 0 }, 'http.overloaded'],
      [{ state: () => 'starting' as const }, 'http.starting'],
    ] as const) {
      const { http, lines } = await serve(options);
      assert.equal((await http.get('/api/tasks')).body.code, code);
      const seen = lines.map(({ level, message, code, error }) => [level, message, code, error]);
      assert.deepEqual(seen, [['info', 'request', code, undefined]]);
    }
    const nowhere = connectTo('postgres://nobody@127.0.0.1:1/none');
    const lost = createTaskApp({ db: nowhere, redis: null, secrets: shared });
    const { http, lines } = await serve({}, lost);
    assert.equal((await list(http, await user())).body.code, 'database.unavailable');
    const levels = lines.filter(({ code }) => code === 'database.unavailable').map(({ level }) => level);
    assert.deepEqual(levels, ['error']);
    await Promise.all([lost.close(), nowhere.destroy()]);
  });
});

describe('requests of one user at the same time', () => {
  test('are ten at most; others are not concerned, and those that end make room', async (t) => {
    const { http, reach } = await serve();
    const [ada, bob] = [await user(), await user()];
    const crowd = await hang(t);
    crowd.add(http, ada, 9);
    await reach(9);
    assert.equal((await list(http, ada)).status, 200);
    crowd.add(http, ada, 1);
    await reach(10);
    const { status, body, headers } = await list(http, ada);
    assert.deepEqual([status, body.code, headers['retry-after']], [429, 'rate_limit.too_many_concurrent', '1']);
    assert.deepEqual(body.errors, ['At most 10 requests at the same time. Try again in 1 second.']);
    assert.equal(body.message, 'Too many requests');
    assert.match(headers.ratelimit ?? '', /^"user";r=\d+/);
    assert.equal((await list(http, bob)).status, 200);
    assert.deepEqual(await crowd.release(), Array(10).fill(201));
    await Promise.all(Array.from({ length: 10 }, async () => assert.equal((await list(http, ada)).status, 200)));
  });

  test('can be more, or fewer', async (t) => {
    const { http, reach } = await serve({ maxConcurrentPerUser: 1 });
    const ada = await user();
    const crowd = await hang(t);
    crowd.add(http, ada, 1);
    await reach(1);
    assert.equal((await list(http, ada)).status, 429);
    assert.deepEqual(await crowd.release(), [201]);
    // A refusal of the operation itself frees its place as well.
    for (let time = 0; time < 2; time += 1) assert.equal((await list(http, ada, '/api/tasks?page=x')).status, 400);
  });
});
