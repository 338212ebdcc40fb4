import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { emptyDatabase, settingOf, testDatabase } from '../support/database.ts';
import { choosePort } from '../support/processes.ts';
import { createRunner, MAIN } from '../support/server-process.ts';
import { secrets } from '../support/world.ts';

const { db, url } = await testDatabase();
const { access, refresh } = secrets();
const run = createRunner({
  DATABASE_URL: url,
  REDIS_URL: settingOf('TEST_REDIS_URL'),
  JWT_ACCESS_SECRET: access,
  JWT_REFRESH_SECRET: refresh,
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_FORMAT: 'json',
  WORKERS: '2',
});
type Process = ReturnType<typeof run>;

const ALL_SERVE = /"message":"Workers serve","url":"(http:[^"]+)"/;

async function start(overrides?: Parameters<typeof run>[0]) {
  const server = run(overrides);
  const [, address = ''] = await server.logged(ALL_SERVE);
  return { ...server, address };
}

/** The workers that have said that they serve, oldest first. */
const pidsOf = ({ seen }: Process) =>
  [...seen().matchAll(/"message":"Worker serves","worker":\d+,"pid":(\d+)/g)].map(([, pid]) => Number(pid));
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const untilGone = async (pid: number) => {
  for (let tries = 0; isAlive(pid) && tries < 100; tries += 1) await pause(50);
  assert.ok(!isAlive(pid), `process ${pid} is still there`);
};
/** A connection of its own for each request. */
const get = (address: string, path: string) => fetch(address + path, { headers: { connection: 'close' } });

describe('several workers', () => {
  let server: Awaited<ReturnType<typeof start>>;
  before(async () => {
    server = await start();
  });

  test('take connections in turn, and each tells the metrics of all', async () => {
    for (let n = 0; n < 6; n += 1) assert.equal((await get(server.address, '/api/tasks')).status, 401);
    const sample =
      /^http_request_duration_seconds_count\{.*route="\/api\/tasks",status="401",worker="(\d+)"\} (\d+)$/gm;
    for (let n = 0; n < 2; n += 1) {
      const metrics = await (await get(server.address, '/metrics')).text();
      const counted = [...metrics.matchAll(sample)].map(([, worker, count]) => [worker, Number(count)]);
      assert.deepEqual(counted.sort(), [
        ['1', 3],
        ['2', 3],
      ]);
      assert.equal(metrics.match(/^# TYPE http_request_duration_seconds /gm)?.length, 1);
      assert.equal(metrics.match(/^process_start_time_seconds\{/gm)?.length, 2);
    }
  });

  test('say in every line of the log which of them it is', async () => {
    const [, worker, pid] = await server.logged(/"message":"request","worker":(\d),"pid":(\d+)/);
    assert.ok(['1', '2'].includes(`${worker}`));
    assert.ok(pidsOf(server).includes(Number(pid)));
  });

  test('do not mind signals, which are for the primary', async () => {
    const [first = 0] = pidsOf(server);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(first, signal);
    await pause(300);
    assert.ok(isAlive(first));
  });

  test('go on when one is killed, which is replaced', async () => {
    const [first = 0] = pidsOf(server);
    process.kill(first, 'SIGKILL');
    await server.logged(/"message":"A worker ended by itself".*"how":"SIGKILL"/);
    for (let n = 0; n < 4; n += 1) assert.equal((await get(server.address, '/livez')).status, 200);
    await server.logged(/"message":"Worker serves","worker":3/);
    assert.equal(pidsOf(server).length, 3);
  });

  test('are replaced at SIGHUP, one after the other', async () => {
    const old = pidsOf(server).slice(-2);
    server.child.kill('SIGHUP');
    await server.logged(/"message":"Workers replaced"/);
    const now = pidsOf(server).slice(-2);
    assert.deepEqual(now.map(isAlive), [true, true]);
    assert.deepEqual(
      old.filter((pid) => now.includes(pid) || isAlive(pid)),
      [],
    );
    assert.equal((await get(server.address, '/readyz')).status, 200);
  });

  test('answer what is in progress after SIGTERM, then all end, with 0', async () => {
    const { hostname, port } = new URL(server.address);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const body = '{"email":"a@example.com","password":"x"}';
    socket.write(
      `POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    const answer = text(socket);
    await pause(300);
    server.child.kill('SIGTERM');
    await pause(500);
    await assert.rejects(get(server.address, '/livez'));
    socket.write(body);
    assert.match(await answer, /^HTTP\/1\.1 401 [\s\S]*Connection: close/i);
    assert.equal(await server.exit, 0);
    for (const pid of pidsOf(server)) assert.ok(!isAlive(pid));
  });
});

test('without the primary the workers end, and their port is free', async () => {
  const PORT = `${await choosePort()}`;
  const server = await start({ PORT });
  server.child.kill('SIGKILL');
  for (const pid of pidsOf(server)) await untilGone(pid);
  const next = await start({ PORT });
  next.child.kill('SIGTERM');
  assert.equal(await next.exit, 0);
});

test('a second signal ends all at once, with 1', async () => {
  const server = await start({ SHUTDOWN_DELAY_MS: '60000' });
  server.child.kill('SIGTERM');
  await server.logged(/"message":"Stopping"/);
  server.child.kill('SIGTERM');
  assert.equal(await server.exit, 1);
  for (const pid of pidsOf(server)) await untilGone(pid);
});

test('what keeps the first worker from starting ends the server, with the code and the reason of one process', async () => {
  const { port } = new URL((await start()).address);
  const taken = run({ PORT: port });
  assert.equal(await taken.exit, 1);
  await taken.logged(/"reason":"server.port_in_use"/);
  const outdated = run({ DATABASE_URL: (await emptyDatabase()).url });
  assert.equal(await outdated.exit, 1);
  await outdated.logged(/"message":"The database lacks \d+ migrations/);
  assert.equal(outdated.seen().match(/"level":"error"/g)?.length, 1);
  const wrong = run({ WORKERS: 'many' });
  assert.equal(await wrong.exit, 78);
  assert.match(await wrong.errors, /WORKERS must be auto or a whole number from 1 to 256/);
});

test('one of the processes of somebody else starts no workers of its own', async () => {
  const script = `
    import cluster from 'node:cluster';
    cluster.setupPrimary({ exec: ${JSON.stringify(MAIN)}, execArgv: ['--conditions=source', '--import', 'tsx'] });
    cluster.fork().on('exit', (code) => console.log('exit', code));`;
  const env = {
    ...process.env,
    DATABASE_URL: url,
    JWT_ACCESS_SECRET: access,
    JWT_REFRESH_SECRET: refresh,
    WORKERS: '2',
  };
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.match(await text(child.stdout), /set WORKERS to 1[\s\S]*exit 1\n$/);
});

test('an empty database is migrated once, and SIGTERM while PostgreSQL is awaited ends with 0', async () => {
  const server = await start({ DATABASE_URL: (await emptyDatabase()).url, AUTO_MIGRATE: 'true', WORKERS: '3' });
  assert.equal(server.seen().match(/"message":"Migrating the database"/g)?.length, 1);
  server.child.kill('SIGTERM');
  assert.equal(await server.exit, 0);
  const waiting = run({ DATABASE_URL: 'postgres://x@127.0.0.1:1/x' });
  await waiting.logged(/Waiting for PostgreSQL/);
  waiting.child.kill('SIGTERM');
  assert.equal(await waiting.exit, 0);
});

test('pools are cut to what PostgreSQL allows, and too few connections for all are refused', async () => {
  const limit = (connections: number) =>
    db.raw(`alter database ${new URL(url).pathname.slice(1)} connection limit ${connections}`);
  await limit(15);
  const server = await start();
  await server.logged(/"level":"warn".*"message":"PostgreSQL takes fewer connections[^}]*"poolMax":3/);
  assert.equal((await get(server.address, '/readyz')).status, 200);
  server.child.kill('SIGTERM');
  assert.equal(await server.exit, 0);
  await limit(10);
  const refused = run();
  assert.equal(await refused.exit, 1);
  await refused.logged(/takes 10 connections, too few for 2 workers: lower WORKERS/);
  await limit(-1);
});
