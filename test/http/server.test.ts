import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Environment, isStartError, loadConfig, type RunningServer, startServer } from '@taskapp/http';
import { atEnd } from '../support/cleanup.ts';
import { emptyDatabase, settingOf, testDatabase } from '../support/database.ts';
import { secrets } from '../support/world.ts';

const ignore = () => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const { access, refresh } = secrets();

const configure = (environment: Environment) =>
  loadConfig(
    { HOST: '127.0.0.1', PORT: '0', BCRYPT_COST: '4', ...environment },
    {
      JWT_ACCESS_SECRET: access,
      JWT_REFRESH_SECRET: refresh,
    },
  );

async function start(environment: Environment): Promise<RunningServer> {
  const server = await startServer({ config: configure(environment), log, databaseWaitMs: 100 });
  atEnd(() => server.close());
  return server;
}

const { db, url: DATABASE_URL } = await testDatabase();

async function countConnections(): Promise<number> {
  const others = 'datname = current_database() and pid <> pg_backend_pid()';
  const { rows } = await db.raw(
    `select count(*)::int as open from pg_stat_activity where ${others} and application_name = 'taskapp'`,
  );
  return rows[0].open;
}

describe('a server', () => {
  test('serves the API on PostgreSQL and Redis, and ends everything it opened', async () => {
    const server = await start({ DATABASE_URL, REDIS_URL: settingOf('TEST_REDIS_URL') });
    assert.equal(server.url, `http://127.0.0.1:${server.port}`);
    const account = { email: 'serve@example.com', password: 'Password123', name: 'Ada' };
    const headers = { 'Content-Type': 'application/json' };
    const made = await fetch(`${server.url}/api/auth/register`, {
      method: 'POST',
      headers,
      body: JSON.stringify(account),
    });
    assert.equal(made.status, 201);
    const { accessToken } = (await made.json()) as { accessToken: string };
    const bearer = { Authorization: `Bearer ${accessToken}` };
    assert.equal((await fetch(`${server.url}/api/tasks`, { headers: bearer })).status, 200);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag', 'database_pool_connections']) {
      assert.ok(metrics.includes(name), name);
    }
    await server.close();
    await assert.rejects(fetch(`${server.url}/livez`));
    // A backend takes a moment to notice that its client has gone.
    for (let tries = 0; tries < 20 && (await countConnections()) > 0; tries += 1) await pause(50);
    assert.equal(await countConnections(), 0);
  });

  test('comes up without Redis', async () => {
    const server = await start({ DATABASE_URL, REDIS_URL: 'redis://127.0.0.1:1' });
    const { status } = (await (await fetch(`${server.url}/health`)).json()) as { status: string };
    assert.equal(status, 'degraded');
  });

  test('migrates an empty database if told to, and says what to do otherwise', async () => {
    const { url } = await emptyDatabase();
    const refused = await start({ DATABASE_URL: url }).catch((error: unknown) => error);
    assert.ok(isStartError(refused));
    assert.equal(refused.code, 'server.schema_outdated');
    assert.match(refused.message, /taskctl db migrate/);
    const server = await start({ DATABASE_URL: url, AUTO_MIGRATE: 'true' });
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
  });

  test('says that its port is taken', async () => {
    const { port } = await start({ DATABASE_URL });
    const failure = await start({ DATABASE_URL, PORT: `${port}` }).catch((error: unknown) => error);
    assert.ok(isStartError(failure));
    assert.deepEqual([failure.code, failure.message.includes(`${port}`)], ['server.port_in_use', true]);
  });

  test('gives up on a PostgreSQL that does not come, and on one that refuses it', async () => {
    const absent = await start({ DATABASE_URL: 'postgres://x@127.0.0.1:1/x' }).catch((error: unknown) => error);
    assert.ok(isStartError(absent));
    assert.equal(absent.code, 'server.database_unavailable');
    const other = new URL(DATABASE_URL);
    other.pathname = '/no_such_database';
    const refused = await start({ DATABASE_URL: other.href }).catch((error: unknown) => error);
    assert.ok(isStartError(refused));
    assert.equal(refused.code, 'server.database_refused');
  });

  test('is alive but not ready while it waits for PostgreSQL', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    const config = configure({ DATABASE_URL: 'postgres://x@127.0.0.1:1/x', PORT: `${port}` });
    const interrupt = new AbortController();
    const starting = startServer({ config, log, signal: interrupt.signal }).catch((error: unknown) => error);
    await pause(300);
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    assert.deepEqual([await status('/livez'), await status('/readyz'), await status('/api/tasks')], [200, 503, 503]);
    interrupt.abort();
    const failure = await starting;
    assert.ok(isStartError(failure));
    assert.equal(failure.code, 'server.interrupted');
    await assert.rejects(status('/livez'));
  });
});

async function open(port: number, request = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  if (request) socket.write(request);
  return socket;
}

/** A login whose body is still on its way. */
const unfinished = (length: number) =>
  `POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

describe('closing', () => {
  test('lets requests in progress finish, ends idle connections, accepts no new ones', async () => {
    const server = await start({ DATABASE_URL });
    const body = '{"email":"a@example.com","password":"x"}';
    const [busy, idle, fresh] = await Promise.all([
      open(server.port, unfinished(body.length)),
      open(server.port, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'),
      open(server.port),
    ]);
    await once(idle, 'data');
    const answer = text(busy);
    const closed = Promise.all([once(idle, 'close'), once(fresh, 'close')]);
    const started = performance.now();
    const closing = server.close();
    await closed;
    assert.ok(performance.now() - started < 2000, 'idle connections are ended at once');
    await assert.rejects(open(server.port));
    busy.write(body);
    assert.match(await answer, /^HTTP\/1\.1 401 [\s\S]*Connection: close[\s\S]*Invalid email or password/i);
    await closing;
    await server.close();
  });

  test('reports itself unready for a while before it stops accepting', async () => {
    const server = await start({ DATABASE_URL, SHUTDOWN_DELAY_MS: '500' });
    const closing = server.close();
    const ready = await fetch(`${server.url}/readyz`);
    assert.deepEqual([ready.status, ready.headers.get('connection')], [503, 'close']);
    assert.equal((await fetch(`${server.url}/api/tasks`)).status, 401);
    await closing;
    await assert.rejects(fetch(`${server.url}/livez`));
  });
});

describe('what is no request', () => {
  let port = 0;
  before(async () => {
    ({ port } = await start({ DATABASE_URL }));
  });
  const answerTo = async (request: string) => text(await open(port, request));
  const cases: [name: string, request: string, status: number, code: string][] = [
    ['nonsense', 'HELLO\r\n\r\n', 400, 'http.malformed_request'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'http.malformed_request',
    ],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      'http.malformed_request',
    ],
    [
      '16 KiB of headers',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(16_384)}\r\n\r\n`,
      431,
      'http.headers_too_large',
    ],
  ];
  for (const [name, request, status, code] of cases) {
    test(`${name} is answered with ${status} in the one error shape, and the connection closes`, async () => {
      const answer = await answerTo(request);
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(head, /connection: close/i);
      const parsed = JSON.parse(body);
      assert.deepEqual([parsed.status, parsed.code], ['error', code]);
      assert.ok(head.includes(`X-Request-Id: ${parsed.requestId}`));
    });
  }

  test('a head that does not come to its end is answered with 408', async () => {
    const answer = await answerTo('GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*"code":"http\.request_timeout"/);
  });
});
