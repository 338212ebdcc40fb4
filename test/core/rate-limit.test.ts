import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createTaskApp, silent, type TaskAppOptions } from '@taskapp/core';
import { Redis } from 'ioredis';
import { guardRedis } from '../../packages/core/src/kernel/redis-guard.ts';
import { createSharedCounter } from '../../packages/core/src/rate-limit/shared-counter.ts';
import { atEnd } from '../support/cleanup.ts';
import { settingOf } from '../support/database.ts';
import { ownRedis } from '../support/redis.ts';
import { createWorld, secrets, type World } from '../support/world.ts';

let world: World;
let sequence = 0;
before(async () => {
  world = await createWorld();
  await world.redis.ping();
});

const newKey = () => `10.0.0.${++sequence}`;
const node = (redis: TaskAppOptions['redis'], rateLimit: TaskAppOptions['rateLimit'] = {}) => {
  const app = createTaskApp({ db: world.db, redis, secrets: secrets(), rateLimit: { ip: 10, ...rateLimit } });
  atEnd(app.close);
  return app.rateLimit;
};
type Limiter = ReturnType<typeof node>;
const spendAll = async (limiters: Limiter[], key: string, calls: number) => {
  const spent = await Promise.all(
    Array.from({ length: calls }, (_, n) => limiters[n % limiters.length]!.consume('ip', key)),
  );
  return spent.filter(({ allowed }) => allowed).length;
};

test('a process that was busy does not take its own delay for a failure of Redis', async () => {
  const [busy, other] = [node(world.redis), node(world.redis)];
  const key = newKey();
  await busy.consume('ip', key);
  await other.consume('ip', key);
  const calls = [busy.consume('ip', key), busy.consume('ip', key), busy.consume('ip', key)];
  await new Promise(setImmediate);
  for (const end = performance.now() + 150; performance.now() < end; );
  assert.deepEqual((await Promise.all(calls)).map(({ remaining }) => remaining).sort(), [5, 6, 7]);
});

test('each call of a budget is counted once, also at once and on several nodes', async () => {
  const both = [node(world.redis), node(world.redis)];
  for (const limiter of both) await limiter.consume('ip', newKey());
  assert.equal(await spendAll([both[0]!], newKey(), 100), 10);
  assert.equal(await spendAll(both, newKey(), 100), 10);
  assert.equal(await spendAll([node(null)], newKey(), 100), 10);
});

test('calls of one turn of the event loop are counted by one command, each for its own key', async () => {
  const { redis } = await ownRedis();
  const limiter = node(redis);
  await limiter.consume('ip', newKey());
  const commands = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
  const [before, one, other] = [await commands(), newKey(), newKey()];
  const spent = await Promise.all([one, other, one, other, other].map((key) => limiter.consume('ip', key)));
  assert.equal((await commands()) - before, 1);
  assert.deepEqual(
    spent.map(({ remaining }) => remaining),
    [9, 9, 8, 8, 7],
  );
});

test('a call that is taken back of a window that has ended leaves nothing in Redis', async () => {
  const { redis } = await ownRedis();
  const guard = guardRedis(redis, { log: silent, count: () => undefined }).limits;
  const counter = createSharedCounter(guard, 'test:', 60_000)!;
  await counter.takeBack('gone');
  assert.equal(await redis.exists('test:gone'), 0);
  await counter.add('here');
  await counter.add('here');
  await counter.takeBack('here');
  assert.equal((await counter.add('here'))?.consumedPoints, 2);
  await counter.clear('here');
  assert.equal((await counter.add('here'))?.consumedPoints, 1);
});

test('a result says what is left and when to come back', async () => {
  for (const limiter of [node(world.redis), node(null)]) {
    const key = newKey();
    const first = await limiter.consume('ip', key);
    assert.deepEqual(first, {
      policy: 'ip',
      allowed: true,
      limit: 10,
      remaining: 9,
      resetSeconds: 60,
      windowSeconds: 60,
    });
    await spendAll([limiter], key, 9);
    const refused = await limiter.consume('ip', key);
    assert.deepEqual([refused.allowed, refused.remaining], [false, 0]);
    assert.ok(refused.resetSeconds >= 59 && refused.resetSeconds <= 60);
  }
});

test('policies and keys have budgets of their own, by the options or by default', async () => {
  const limiter = node(world.redis, { user: 2 });
  const key = newKey();
  assert.equal(await spendAll([limiter], key, 20), 10);
  assert.equal((await limiter.consume('ip', newKey())).allowed, true);
  const users = [1, 2, 3].map(() => limiter.consume('user', key));
  assert.deepEqual((await Promise.all(users)).map(({ remaining }) => remaining).sort(), [0, 0, 1]);
  const { limit, allowed } = await limiter.consume('login', key);
  assert.deepEqual([limit, allowed], [30, true]);
});

test('a window that has passed is a new budget, in whole seconds and in parts of one', async () => {
  for (const redis of [world.redis, null]) {
    const limiter = node(redis, { windowMs: 1500 });
    const key = newKey();
    assert.equal(await spendAll([limiter], key, 11), 10);
    await pause(1100);
    const { resetSeconds, allowed } = await limiter.consume('ip', key);
    assert.equal(allowed, false, 'no sooner');
    await pause(resetSeconds * 1000 + 20);
    assert.equal((await limiter.consume('ip', key)).remaining, 9);
  }
});

test('no counter is left without an end', async () => {
  const limiter = node(world.redis, { windowMs: 1000 });
  await spendAll([limiter], newKey(), 20);
  const raw = new Redis(settingOf('TEST_REDIS_URL'));
  atEnd(() => raw.disconnect());
  const found = await raw.keys(`${world.redis.options.keyPrefix}*limit*`);
  assert.ok(found.length > 0);
  for (const key of found) assert.notEqual(await raw.pttl(key), -1, key);
});

test('when Redis dies in the middle the calls made so far still count, and nothing fails', async () => {
  const { server, redis } = await ownRedis();
  const limiter = node(redis);
  const key = newKey();
  assert.equal(await spendAll([limiter], key, 6), 6);
  await server.kill('SIGKILL');
  assert.equal(await spendAll([limiter], key, 50), 4);
  assert.equal((await limiter.consume('ip', key)).allowed, false);
});

test('a Redis that hangs costs a moment, refuses nobody who has calls left and lets nobody else through', async () => {
  const { server, redis } = await ownRedis();
  const limiter = node(redis);
  const key = newKey();
  await limiter.consume('ip', key);
  await server.kill('SIGSTOP');
  const start = performance.now();
  assert.equal(await spendAll([limiter], key, 50), 9);
  assert.ok(performance.now() - start < 2000);
  for (let n = 0; n < 10; n += 1) assert.equal((await limiter.consume('ip', key)).allowed, false);
  await server.kill('SIGCONT');
});

test('garbage in Redis is no way around a limit', async () => {
  const { redis } = await ownRedis();
  const limiter = node(redis);
  const key = newKey();
  await limiter.consume('ip', key);
  const [stored] = await redis.keys('*limit*');
  for (const garbage of ['many', '']) {
    await redis.set(stored!, garbage);
    const { allowed, remaining } = await limiter.consume('ip', key);
    assert.ok(allowed && remaining >= 0);
  }
  assert.ok((await spendAll([limiter], key, 50)) < 10);
});

test('counts of this process are bounded and need no timers: who calls often stays counted, who is long gone does not', async () => {
  const limiter = node(null);
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const [busy, gone] = [newKey(), newKey()];
  await spendAll([limiter], busy, 10);
  await spendAll([limiter], gone, 10);
  for (let n = 0; n < 50_000; n += 1) {
    await limiter.consume('ip', `2001:db8::${n}`);
    if (n % 1000 === 0) assert.equal((await limiter.consume('ip', busy)).allowed, false);
  }
  assert.equal((await limiter.consume('ip', busy)).allowed, false);
  assert.equal((await limiter.consume('ip', gone)).remaining, 9);
  assert.equal(timers(), before);
});

test('processes without a Redis in common let through together what one would', async () => {
  const start = (redis: TaskAppOptions['redis'], processes: number) => {
    const app = createTaskApp({ db: world.db, redis, secrets: secrets(), rateLimit: { ip: 10 }, processes });
    atEnd(app.close);
    return app.rateLimit;
  };
  const apart = Array.from({ length: 4 }, () => start(null, 4));
  // Ten among four, rounded up.
  assert.equal(await spendAll(apart, newKey(), 80), 12);
  assert.equal((await apart[0]!.consume('ip', newKey())).limit, 3);
  const together = Array.from({ length: 4 }, () => start(world.redis, 4));
  assert.equal(await spendAll(together, newKey(), 80), 10);
  assert.equal((await together[0]!.consume('ip', newKey())).limit, 10);
});
