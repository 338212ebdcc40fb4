import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig, type ServerOptions, startServer } from '@taskapp/http';
import knex from 'knex';
import { atEnd } from '../support/cleanup.ts';
import { testDatabase } from '../support/database.ts';
import { PASSWORD, secrets } from '../support/world.ts';

const { url } = await testDatabase();
/** Holds locks; has no part in the server's pool. */
const db = knex({ client: 'pg', connection: url });
atEnd(() => db.destroy());
const { access, refresh } = secrets();
const ignore = () => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** A server of its own with a user that has signed in. */
async function serve(overload: ServerOptions['overload'] = {}, poolMax = '10') {
  const config = loadConfig({
    DATABASE_URL: url,
    DATABASE_POOL_MAX: poolMax,
    JWT_ACCESS_SECRET: access,
    JWT_REFRESH_SECRET: refresh,
    HOST: '127.0.0.1',
    PORT: '0',
    BCRYPT_COST: '4',
    RATE_LIMIT_USER_MAX: '100000',
    MAX_CONCURRENT_PER_USER: '1000',
  });
  const server = await startServer({ config, log, overload });
  atEnd(() => server.close());
  const send = async (method: string, path: string, body?: object, token?: string) => {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(server.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: answer.status, text: await answer.text() };
  };
  const account = { email: `user-${crypto.randomUUID()}@example.com`, password: PASSWORD, name: 'Ada' };
  const { accessToken, refreshToken } = JSON.parse((await send('POST', '/api/auth/register', account)).text);
  const as = (method: string, path: string, body?: object) => send(method, path, body, accessToken);
  const list = () => as('GET', '/api/tasks');
  const create = () => as('POST', '/api/tasks', { title: 'x' });
  const shed = async () =>
    /^http_requests_shed_total\{reason="(\w+)"\} [1-9]/m.exec((await as('GET', '/metrics')).text)?.[1];
  return { send, as, list, create, shed, refreshToken };
}

type Served = Awaited<ReturnType<typeof serve>>;

/** Asks until the answer has this status; resolves with the milliseconds that it took, at most `withinMs`. */
async function until(status: number, ask: () => Promise<{ status: number }>, withinMs: number): Promise<number> {
  const started = performance.now();
  for (;;) {
    const answer = await ask();
    const ms = performance.now() - started;
    if (answer.status === status) return ms;
    assert.ok(ms < withinMs, `no ${status} within ${withinMs} ms, but ${answer.status}`);
    await pause(20);
  }
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

/** Blocks the event loop for `ms` again and again, with hardly a rest, while `work` runs. */
async function blocking<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let isOver = false;
  const turn = () => {
    block(ms);
    if (!isOver) setImmediate(turn);
  };
  turn();
  return work().finally(() => {
    isOver = true;
  });
}

/** What is served whatever happens; what asks PostgreSQL may find it late, as it would be. */
async function assertEssentials({ send, refreshToken }: Served): Promise<void> {
  for (const path of ['/livez', '/metrics']) assert.equal((await send('GET', path)).status, 200, path);
  assert.equal((await send('POST', '/api/auth/refresh', { refreshToken })).status, 200);
}

describe('an event loop that is late', () => {
  test('refuses lists, and once it is half as late again everything but what is essential; then recovers', async () => {
    const served = await serve({ loopDelayMs: 100 });
    await blocking(100, async () => {
      await until(503, served.list, 10_000);
      await until(503, served.create, 10_000);
      await assertEssentials(served);
    });
    assert.ok((await until(200, served.list, 2000)) < 2000);
    assert.equal((await served.create()).status, 201);
    assert.equal(await served.shed(), 'event_loop');
  });

  test('is no pressure after a single pause', async () => {
    const { list, shed } = await serve();
    for (let time = 0; time < 3; time += 1) {
      block(600);
      for (const end = performance.now() + 1200; performance.now() < end; await pause(10)) await list();
    }
    assert.equal(await shed(), undefined);
  });

  test('is none either when it is busy all the time, as long as nobody waits', async () => {
    const { list, shed } = await serve({ loopDelayMs: 2000 });
    await blocking(5, async () => {
      for (const end = performance.now() + 1500; performance.now() < end; ) assert.equal((await list()).status, 200);
    });
    assert.equal(await shed(), undefined);
  });

  test('that never rests has half the time', async () => {
    const { list } = await serve({ loopDelayMs: 240 });
    await blocking(170, () => until(503, list, 10_000));
    assert.ok((await until(200, list, 2000)) < 2000);
  });
});

describe('a heap that is nearly full', () => {
  test('refuses lists before anything else', async () => {
    const { list, create, shed } = await serve({ heapUsed: 0.0001 });
    await until(503, list, 2000);
    assert.equal((await create()).status, 201);
    assert.equal(await shed(), 'heap');
  });
});

describe('a connection pool that is used up', () => {
  /** Takes both connections of the server, then lets `waiters` wait; `work` runs meanwhile. */
  async function exhaust({ create, as }: Served, waiters: number, work: () => Promise<void>): Promise<void> {
    const holder = await db.transaction();
    await holder.raw('lock table taskapp.tasks');
    // Not at once: tasks that are made in one turn share a statement, and so a connection.
    const hanging = [create()];
    await pause(150);
    hanging.push(create());
    await pause(150);
    const waiting: ReturnType<Served['list']>[] = [];
    // One after the other: requests that come at once share the query, and the connection, of their authentication.
    for (let n = 0; n < waiters; n += 1) {
      waiting.push(as('GET', '/api/users/me'));
      await pause(20);
    }
    await pause(100);
    await work().finally(() => holder.rollback());
    for (const { status } of await Promise.all(hanging)) assert.equal(status, 201);
    // The last to come may meet the pressure that those before them make.
    for (const { status } of await Promise.all(waiting)) assert.ok([200, 503].includes(status), `${status}`);
  }

  test('refuses lists, with half as many waiting again also the rest; then recovers', async () => {
    const served = await serve({ poolWaiting: 3, poolWaitMs: 100 }, '2');
    await exhaust(served, 4, async () => assert.equal((await served.list()).status, 503));
    assert.ok((await until(200, served.list, 2000)) < 2000);
    await exhaust(served, 6, async () => assert.equal((await served.create()).status, 503));
    assert.equal((await served.create()).status, 201);
    assert.equal(await served.shed(), 'database_pool');
  });

  test('is no pressure while few wait, or none of them for long', async () => {
    const few = await serve({ poolWaiting: 6, poolWaitMs: 100 }, '2');
    const short = await serve({ poolWaiting: 3, poolWaitMs: 60_000 }, '2');
    for (const served of [few, short]) {
      let late: ReturnType<Served['list']> | undefined;
      await exhaust(served, 4, async () => {
        late = served.list();
        await pause(50);
      });
      assert.equal((await late)?.status, 200);
    }
  });
});
