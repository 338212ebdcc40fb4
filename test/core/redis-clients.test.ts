import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createTaskApp, type Logger, silent, type TaskAppOptions } from '@taskapp/core';
import { Redis } from 'ioredis';
import { atEnd } from '../support/cleanup.ts';
import { cachedLists } from '../support/factories.ts';
import { ownRedis, startRedis } from '../support/redis.ts';
import { createWorld, secrets, type World } from '../support/world.ts';

let world: World;
const keys = secrets();
before(async () => {
  world = await createWorld({ secrets: keys, redis: null });
});

const node = (redis: TaskAppOptions['redis'], log: Logger = silent) => {
  const options = { db: world.db, secrets: keys, passwords: { cost: 4 }, rateLimit: { ip: 10 }, log };
  const app = createTaskApp({ ...options, redis });
  atEnd(app.close);
  return app;
};
type Node = ReturnType<typeof node>;
let sequence = 0;
/** What two nodes have left of a budget of ten after a call each: 8 if they count together, 9 if by themselves. */
async function leftOf([one, other]: [Node, Node]): Promise<number> {
  const key = `10.7.0.${++sequence}`;
  await one.rateLimit.consume('ip', key);
  return (await other.rateLimit.consume('ip', key)).remaining;
}
const eventually = async (isSo: () => Promise<boolean>, what: string) => {
  for (let n = 0; n < 300; n += 1) {
    if (await isSo()) return;
    await pause(20);
  }
  assert.fail(what);
};

test('limits and cache have a client each, and one that hangs holds up its own use only', async () => {
  const [forLimits, forCache] = [await ownRedis(), await ownRedis()];
  const clients = { limits: forLimits.redis, cache: forCache.redis };
  const nodes = [node(clients), node(clients)] as [Node, Node];
  const { actor, as } = await world.user();
  const [one] = nodes;
  const isCached = async () => {
    await as.tasks.create({ title: 'another' });
    const before = (await cachedLists(forCache.redis)).length;
    await one.tasks.list({ actor });
    await pause(50);
    return (await cachedLists(forCache.redis)).length > before;
  };
  assert.deepEqual([await leftOf(nodes), await isCached()], [8, true]);
  assert.equal((await one.health()).checks.redis, 'up');

  await forLimits.server.kill('SIGSTOP');
  assert.deepEqual([await leftOf(nodes), await isCached()], [9, true]);
  await eventually(async () => (await one.health()).checks.redis === 'down', 'not reported down');
  assert.equal((await one.health()).status, 'degraded');
  await forLimits.server.kill('SIGCONT');
  await eventually(async () => (await leftOf(nodes)) === 8, 'limits are not shared again');
  await eventually(async () => (await one.health()).checks.redis === 'up', 'not reported up');

  await forCache.server.kill('SIGSTOP');
  await one.tasks.list({ actor });
  assert.equal(await leftOf(nodes), 8);
  await eventually(async () => (await one.health()).checks.redis === 'down', 'not reported down');
  await forCache.server.kill('SIGCONT');
});

type Breakage = readonly [spoil: (redis: Redis) => Promise<unknown>, heal: (redis: Redis) => Promise<unknown>];
const BREAKAGES: Readonly<Record<string, Breakage>> = {
  OOM: [(redis) => redis.config('SET', 'maxmemory', '1'), (redis) => redis.config('SET', 'maxmemory', '0')],
  READONLY: [(redis) => redis.replicaof('127.0.0.1', 1), (redis) => redis.replicaof('NO', 'ONE')],
  NOPERM: [
    (redis) => redis.call('ACL', 'SETUSER', 'default', '-@write'),
    (redis) => redis.call('ACL', 'SETUSER', 'default', '+@all'),
  ],
  BUSY: [
    async (redis) => {
      await redis.config('SET', 'lua-time-limit', '10');
      void redis.eval('while true do end', 0).catch(() => undefined);
      await pause(200);
    },
    async (redis) => {
      const other = redis.duplicate();
      await other.script('KILL');
      other.disconnect();
    },
  ],
};

for (const [name, [spoil, heal]] of Object.entries(BREAKAGES)) {
  test(`a Redis that answers ${name} is one that fails: nobody notices, and it is left alone for a while`, async () => {
    const { redis, server } = await ownRedis();
    const operator = new Redis(server.url, { enableReadyCheck: false });
    atEnd(() => operator.disconnect());
    const reports: string[] = [];
    const note = (message: string) => reports.push(message);
    const nodes = [node(redis, { ...silent, warn: note, info: note }), node(redis)] as [Node, Node];
    const [one] = nodes;
    assert.equal(await leftOf(nodes), 8);
    const { actor, as } = await world.user();
    await spoil(operator);
    for (let n = 0; n < 5; n += 1) {
      assert.equal((await one.rateLimit.consume('ip', name)).remaining, 9 - n);
      await as.tasks.create({ title: `${n}` });
      assert.equal((await one.tasks.list({ actor })).tasks.length, n + 1);
    }
    assert.ok(reports.includes('Redis fails; its work is done in this process'));
    await heal(operator);
    await eventually(async () => (await leftOf(nodes)) === 8, 'limits are not shared again');
    assert.ok(reports.includes('Redis works again'));
  });
}

test('a Redis that has forgotten its scripts gets them again', async () => {
  const { redis } = await ownRedis();
  const nodes = [node(redis), node(redis)] as [Node, Node];
  assert.equal(await leftOf(nodes), 8);
  await redis.script('FLUSH');
  assert.equal(await leftOf(nodes), 8);
});

test('what is no client is refused at the start', () => {
  const redis = new Redis({ lazyConnect: true });
  for (const bad of [{}, 'redis', { limits: redis }, { limits: redis, cache: {} }]) {
    assert.throws(() => node(bad as never), /redis: Must be an ioredis client/);
  }
});

test('the server opens a client for each, and closes both', async () => {
  const { startServer, loadConfig } = await import('@taskapp/http');
  const { url } = await startRedis();
  const config = loadConfig({
    DATABASE_URL: world.url,
    REDIS_URL: url,
    JWT_ACCESS_SECRET: keys.access,
    JWT_REFRESH_SECRET: keys.refresh,
    PORT: '0',
    HOST: '127.0.0.1',
  });
  const server = await startServer({ config, log: silent });
  const redis = new Redis(url);
  atEnd(() => redis.disconnect());
  const names = async () =>
    [...`${await redis.client('LIST')}`.matchAll(/name=(taskapp-\w+)/g)].map(([, name]) => name);
  await eventually(async () => (await names()).length === 2, 'two clients');
  assert.deepEqual((await names()).sort(), ['taskapp-cache', 'taskapp-limits']);
  await server.close();
  await eventually(async () => (await names()).length === 0, 'no client is left');
});
