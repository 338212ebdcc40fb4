import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createTaskApp, type Occurrence, silent } from '@taskapp/core';
import { loadConfig, startServer } from '@taskapp/http';
import { openRedis } from '../../packages/http/src/redis.ts';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { createWorld, secrets } from '../support/world.ts';

const keys = secrets();
const world = await createWorld({ secrets: keys, redis: null });
const masters = await startRedisCluster();
const [{ url }] = masters as [(typeof masters)[number]];

/** An app as the server makes one, and what it has to say of Redis. */
function createNode() {
  const reports: string[] = [];
  const seen: Occurrence[] = [];
  const note = (message: string, meta: object = {}) => reports.push(`${message} ${JSON.stringify(meta)}`);
  const log = { debug: () => undefined, info: note, warn: note, error: note };
  const redis = openRedis({ url, cluster: true }, log);
  const options = { db: world.db, secrets: keys, passwords: { cost: 4 }, rateLimit: { ip: 10 }, log };
  const app = createTaskApp({ ...options, redis, count: (what) => void seen.push(what) });
  atEnd(async () => {
    await app.close();
    for (const client of [redis.limits, redis.cache]) client.disconnect();
  });
  return { app, redis, reports, seen };
}

const [one, other] = [createNode(), createNode()];
let sequence = 0;
const nextKey = () => `10.9.0.${++sequence}`;

async function eventually(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (let n = 0; n < 400; n += 1) {
    if (await isSo()) return;
    await pause(25);
  }
  assert.fail(`${what}: ${one.reports.join('\n')}`);
}

/** Whether what one node counts, the other one knows, for keys of every master. */
async function countTogether(): Promise<boolean> {
  for (let n = 0; n < 40; n += 1) {
    const key = nextKey();
    await one.app.rateLimit.consume('ip', key);
    if ((await other.app.rateLimit.consume('ip', key)).remaining !== 8) return false;
  }
  return true;
}

const withoutRedis = () => [...one.seen, ...other.seen].filter((what) => what.endsWith('without_redis')).length;

test('limits are shared over all masters, and so are lists', async () => {
  await eventually(countTogether, 'limits are not shared');
  const [before, reportsBefore] = [withoutRedis(), one.reports.length];
  const users = await Promise.all(Array.from({ length: 12 }, () => world.user()));
  for (const { actor } of users) await one.app.tasks.list({ actor });
  const countOf = async (pattern: string) =>
    Promise.all(masters.map(async ({ client }) => (await client.keys(pattern)).length));
  const lists = async () => (await countOf('taskapp:list:*')).reduce((sum, count) => sum + count);
  await eventually(async () => (await lists()) === users.length, 'lists are not kept');
  for (const { actor } of users) await other.app.tasks.list({ actor });
  assert.equal(other.seen.filter((what) => what === 'cache_shared_hit').length, users.length);
  for (const count of await countOf('taskapp:limit:ip:*')) assert.ok(count > 0, 'a master counts nothing');
  assert.deepEqual([withoutRedis(), one.reports.length], [before, reportsBefore], one.reports.join('\n'));
});

test('while a master is gone requests go on and limits hold, and once it is back they are shared again', async () => {
  const { actor, as } = await world.user();
  await masters[1]!.kill();
  const times: number[] = [];
  const end = performance.now() + 2500;
  for (let n = 0; performance.now() < end; n += 1) {
    const begin = performance.now();
    const key = nextKey();
    const results = await Promise.all(Array.from({ length: 12 }, () => one.app.rateLimit.consume('ip', key)));
    assert.equal(results.filter(({ allowed }) => allowed).length, 10);
    await as.tasks.create({ title: `${n}` });
    assert.equal((await one.app.tasks.list({ actor })).pagination.total, n + 1);
    times.push(performance.now() - begin);
  }
  assert.ok(Math.max(...times) < 1000, `a round took ${Math.max(...times)} ms`);
  assert.ok(
    one.reports.some((line) => line.startsWith('Redis fails')),
    one.reports.join('\n'),
  );
  assert.ok(withoutRedis() > 0);
  await masters[1]!.restart();
  await eventually(countTogether, 'limits are not shared again');
  await eventually(async () => (await one.app.health()).checks.redis === 'up', 'not reported up');
});

test('a server finds the cluster by one of its nodes, and leaves no connection behind', async () => {
  const config = loadConfig({
    DATABASE_URL: world.url,
    REDIS_URL: url,
    REDIS_CLUSTER: 'true',
    JWT_ACCESS_SECRET: keys.access,
    JWT_REFRESH_SECRET: keys.refresh,
    PORT: '0',
    HOST: '127.0.0.1',
  });
  const clients = async () => {
    const lists = await Promise.all(masters.map(async ({ client }) => `${await client.client('LIST')}`));
    return lists.map((list) => list.match(/name=taskapp-/g)?.length ?? 0);
  };
  const before = await clients();
  const server = await startServer({ config, log: silent });
  await eventually(
    async () => (await (await fetch(`${server.url}/health`)).text()).includes('"healthy"'),
    'not healthy',
  );
  await server.close();
  await eventually(async () => `${await clients()}` === `${before}`, 'connections are left');
  const doctor = await createCli(world.url)({ env: { REDIS_URL: url, REDIS_CLUSTER: 'true' } }, 'doctor', '--json');
  assert.equal(doctor.json<{ name: string; status: string }[]>().find(({ name }) => name === 'redis')?.status, 'ok');
});
