import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type CallContext, createTaskApp, type TaskAppOptions, type UserActor } from '@taskapp/core';
import { Redis } from 'ioredis';
import { atEnd } from '../support/cleanup.ts';
import { settingOf } from '../support/database.ts';
import { addMember, cachedLists, refused } from '../support/factories.ts';
import { ownRedis } from '../support/redis.ts';
import { createWorld, secrets, type World } from '../support/world.ts';

const SEED = 20_260_101;
const OPERATIONS = 80;

let world: World;
const keys = secrets();
before(async () => {
  world = await createWorld({ secrets: keys });
});

const node = (options: Partial<TaskAppOptions> = {}) => {
  const app = createTaskApp({ db: world.db, redis: world.redis, secrets: keys, passwords: { cost: 4 }, ...options });
  atEnd(app.close);
  return app;
};
type Node = ReturnType<typeof node>;

/** Counts the statements that read a page of tasks while `work` runs. */
async function pagesRead(work: () => Promise<unknown>): Promise<number> {
  let pages = 0;
  const count = ({ sql }: { sql: string }) => {
    if (sql.includes('n.total') || sql.includes('"n"."total"')) pages += 1;
  };
  world.db.on('query', count);
  await work().finally(() => world.db.off('query', count));
  return pages;
}
/** Numbers from 0 to `below`, the same in every run. */
function randomNumbers(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('a list is read once for all nodes, and expires', async () => {
  const { actor, as } = await world.user();
  await as.tasks.create({ title: 'one' });
  const [a, b] = [node(), node()];
  assert.equal(await pagesRead(() => a.tasks.list({ actor })), 1);
  assert.equal(await pagesRead(() => a.tasks.list({ actor })), 0);
  while ((await cachedLists(world.redis)).length === 0) await pause(5);
  assert.equal(await pagesRead(() => b.tasks.list({ actor })), 0, 'through Redis');
  assert.equal(await pagesRead(() => b.tasks.list({ actor }, { limit: 1 })), 1);
  const raw = new Redis(settingOf('TEST_REDIS_URL'));
  atEnd(() => raw.disconnect());
  const prefix = String(world.redis.options.keyPrefix);
  for (const key of await raw.keys(`${prefix}*`)) {
    const ttl = await raw.ttl(key);
    assert.ok(ttl > 0 && ttl <= 300, `${key} lives ${ttl} s`);
  }
});

test('of calls at once one reads the page', async () => {
  const { as } = await world.user();
  await as.tasks.create({ title: 'one' });
  const read = () => Promise.all(Array.from({ length: 30 }, () => as.tasks.list({ sort: 'dueDate' })));
  assert.equal(await pagesRead(read), 1);
});

test('a list that cannot be read is read again by the next call', async () => {
  const { as } = await world.user();
  await world.db.raw('alter table taskapp.tasks rename to gone');
  await refused(as.tasks.list(), 'database.schema_outdated');
  await world.db.raw('alter table taskapp.gone rename to tasks');
  assert.deepEqual((await as.tasks.list()).tasks, []);
});

test('pages that do not fit, and lists that push each other out, are read all the same', async () => {
  const { actor, as } = await world.user();
  await Promise.all(
    Array.from({ length: 30 }, (_, n) => as.tasks.create({ title: `${n}`, description: 'x'.repeat(5000) })),
  );
  const tiny = node({ cache: { maxBytes: 3000 } });
  const expected = await node({ cache: false }).tasks.list({ actor }, { limit: 30 });
  for (const app of [tiny, world.app]) assert.deepEqual(await app.tasks.list({ actor }, { limit: 30 }), expected);
  const some = Array.from({ length: 60 }, (_, n) => tiny.tasks.list({ actor }, { limit: 1, page: 1 + n }));
  const titles = (await Promise.all(some)).flatMap(({ tasks }) => tasks.map(({ title }) => title));
  assert.deepEqual(
    titles,
    expected.tasks.map(({ title }) => title),
  );
});

test('two nodes never show an old list, whatever happens to Redis', async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const random = randomNumbers(SEED);
  const pick = <T>(values: readonly T[]) => values[random(values.length)] as T;
  const { redis } = await ownRedis();
  const nodes = [node({ redis }), node({ redis }), node({ redis: null })];
  const plain = node({ cache: false, redis: null });
  const { actor, accessToken } = await world.user();
  const ids: string[] = [];
  const tagIds = [(await plain.tags.create({ actor }, { name: 'first' })).id];
  const writes = [
    async (app: Node) =>
      ids.push((await app.tasks.create({ actor }, { title: `task ${random(99)}`, tagIds: [pick(tagIds)] })).id),
    async (app: Node) =>
      ids.length && app.tasks.update({ actor }, { id: pick(ids), status: pick(['TODO', 'DONE'] as const) }),
    async (app: Node) => ids.length && app.tasks.remove({ actor }, { id: ids.splice(random(ids.length), 1)[0]! }),
    async (app: Node) => app.tags.update({ actor }, { id: pick(tagIds), name: `tag ${random(1e6)}` }),
    async (app: Node) => tagIds.push((await app.tags.create({ actor }, { name: `new ${random(1e6)}` })).id),
    async () => redis.flushdb(),
    async () => undefined,
  ];
  const inputs = [{}, { status: 'DONE' }, { sort: 'priority', limit: 3 }, { page: 2, limit: 2 }] as const;
  for (let n = 0; n < OPERATIONS; n += 1) {
    await pick(writes)(pick(nodes));
    const app = pick(nodes);
    const facts = random(2) ? await app.access.authenticate(app.access.verify(accessToken)) : { actor };
    const input = pick(inputs);
    const [shown, true_] = await Promise.all([app.tasks.list(facts, input), plain.tasks.list({ actor }, input)]);
    assert.deepEqual(shown, true_, `after ${n} operations`);
    assert.deepEqual(await app.tags.list(facts), await plain.tags.list({ actor }), `after ${n} operations`);
  }
});

test('garbage under the keys of lists is not believed', async () => {
  const { actor, as } = await world.user();
  const tag = await as.tags.create({ name: 'true' });
  await as.tasks.create({ title: 'true', tagIds: [tag.id] });
  const { redis } = await ownRedis();
  const lists = async (app: Node) => [await app.tasks.list({ actor }), await app.tags.list({ actor })];
  const expected = await lists(node({ redis }));
  while ((await cachedLists(redis)).length < 2) await pause(5);
  const stored = new Map(
    await Promise.all((await cachedLists(redis)).map(async (key) => [key, await redis.get(key)] as const)),
  );
  const [one, two] = [...stored.values()] as [string, string];
  const spoil: Record<string, (key: string, value: string) => Promise<unknown>> = {
    words: (key) => redis.set(key, 'garbage'),
    'another shape': (key) => redis.set(key, '{"tasks":[],"tags":[],"pagination":{}}'),
    cut: (key, value) => redis.set(key, value.slice(0, -1)),
    edited: (key, value) => redis.set(key, value.replace('"true"', '"lie!"')),
    'of another key': (key, value) => redis.set(key, value === one ? two : one),
    'another type': async (key) => [await redis.del(key), await redis.lpush(key, 'x')],
    empty: (key) => redis.set(key, ''),
  };
  for (const [name, change] of Object.entries(spoil)) {
    for (const [key, value] of stored) await change(key, value!);
    assert.deepEqual(await lists(node({ redis })), expected, name);
  }
});

test('a Redis that hangs or is gone costs little and changes no answer', async () => {
  const { actor, as } = await world.user();
  const { server, redis } = await ownRedis();
  const app = node({ redis });
  const list = async () => {
    const start = performance.now();
    await as.tasks.create({ title: 'next' });
    const ctx: CallContext & { actor: UserActor } = { actor };
    const { pagination } = await app.tasks.list(ctx);
    assert.equal(pagination.total, (await world.app.tasks.list({ actor })).pagination.total);
    return performance.now() - start;
  };
  await list();
  await server.kill('SIGSTOP');
  const slow = [await list(), await list(), await list()];
  assert.ok(Math.max(...slow) < 2000, `${slow}`);
  const reads = Array.from({ length: 40 }, () => app.tasks.list({ actor }, { limit: 7 }));
  const start = performance.now();
  await Promise.all(reads);
  assert.ok(performance.now() - start < 2000);
  assert.deepEqual((await app.health()).checks, { postgres: 'up', redis: 'down' });
  await server.kill('SIGCONT');
  await server.kill('SIGKILL');
  for (let n = 0; n < 3; n += 1) assert.ok((await list()) < 2000);
  assert.equal((await app.health()).status, 'degraded');
});

test('a node that Redis fails is asked again once a second, by one call', async () => {
  const { actor } = await world.user();
  const { server, redis } = await ownRedis();
  const app = node({ redis });
  const read = async (limit: number) => {
    const start = performance.now();
    await app.tasks.list({ actor }, { limit });
    return performance.now() - start;
  };
  await server.kill('SIGSTOP');
  for (let limit = 1; limit <= 3; limit += 1) await read(limit);
  await pause(1050);
  let sent = 0;
  redis.get = ((...args: [string]) => {
    sent += 1;
    return Redis.prototype.get.apply(redis, args);
  }) as typeof redis.get;
  await Promise.all(Array.from({ length: 8 }, (_, n) => read(10 + n)));
  assert.equal(sent, 1);
  await server.kill('SIGCONT');
  await pause(1050);
  await read(50);
  assert.equal((await app.health()).checks.redis, 'up');
});

test('who is no member any more does not see what is cached', async () => {
  const owner = await world.user();
  const guest = await world.user();
  const { workspaceId } = await owner.as.tasks.create({ title: 'shared' });
  await addMember(world.db, { workspace_id: workspaceId, user_id: guest.id, role: 'VIEWER' });
  assert.equal((await guest.as.tasks.list({ workspaceId })).pagination.total, 1);
  await world.db('taskapp.members').where({ user_id: guest.id, workspace_id: workspaceId }).delete();
  await refused(guest.as.tasks.list({ workspaceId }), 'workspace.forbidden');
  await refused(guest.as.tags.list({ workspaceId }), 'workspace.forbidden');
});
