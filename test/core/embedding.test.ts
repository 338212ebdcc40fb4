import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { before, test } from 'node:test';
import { createTaskApp, type TaskAppOptions } from '@taskapp/core';
import { Redis } from 'ioredis';
import knex, { type Knex } from 'knex';
import { knexSnakeCaseMappers } from 'objection';
import pg from 'pg';
import { atEnd } from '../support/cleanup.ts';
import { settingOf, testDatabase } from '../support/database.ts';
import { cachedLists, eventsOf, hostTransaction, refused, tally } from '../support/factories.ts';
import { createWorld, PASSWORD, SYSTEM, secrets, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

const open = (config: Knex.Config): Knex => {
  const opened = knex({ client: 'pg', ...config });
  atEnd(() => opened.destroy());
  return opened;
};
const makeApp = (db: Knex, options: Partial<TaskAppOptions> = {}) => {
  const app = createTaskApp({ db, redis: null, secrets: secrets(), passwords: { cost: 4 }, ...options });
  atEnd(app.close);
  return app;
};

/** Goes once through what the app can do and returns what came back. */
async function useApp(app: ReturnType<typeof createTaskApp>, email: string) {
  const { user, accessToken, refreshToken } = await app.auth.register({}, { email, password: PASSWORD, name: 'Ada' });
  const { actor } = await app.access.authenticate(app.access.verify(accessToken));
  const me = app.as(actor);
  const tag = await me.tags.create({ name: 'home' });
  const dueDate = '2031-02-03T04:05:06.789Z';
  const task = await me.tasks.create({ title: 'one', tagIds: [tag.id], status: 'DONE', dueDate });
  const { tasks, pagination } = await me.tasks.list({ sort: '-dueDate', limit: 1 });
  assert.deepEqual(tasks, [task]);
  assert.deepEqual(pagination, { page: 1, limit: 1, total: 1, totalPages: 1, nextCursor: null });
  assert.deepEqual(task.tags, [{ id: tag.id, name: 'home', color: '#2563eb' }]);
  assert.equal(task.dueDate?.toISOString(), dueDate);
  for (const time of [task.completedAt, task.createdAt, task.updatedAt, tag.createdAt]) {
    assert.ok(time instanceof Date && Math.abs(Date.now() - time.getTime()) < 60_000, `${time}`);
  }
  assert.equal((await me.tags.list()).tags[0]?.taskCount, 1);
  await app.auth.refresh({}, { refreshToken });
  const { sessions } = await me.auth.sessions();
  assert.ok(sessions[0]!.expiresAt > sessions[0]!.lastUsedAt);
  const locked = await app.users.update({ actor: SYSTEM }, { id: user.id, disabled: true });
  assert.ok(locked.disabledAt instanceof Date);
  const { pagination: accounts } = await app.users.list({ actor: SYSTEM }, { email });
  assert.deepEqual(accounts, { page: 1, limit: 20, total: 1, totalPages: 1 });
  const { events } = await app.events.list({ actor: SYSTEM }, { entityId: task.id });
  assert.deepEqual([events[0]?.type, events[0]?.seq], ['task.created', 3]);
  return { user, task };
}

test("works on a host's Knex with its own name mappers, value parsers and tables of the same names", async () => {
  const { url } = await testDatabase();
  const asText = (value: string) => value;
  const odd: Record<number, (value: string) => unknown> = {
    [pg.types.builtins.TIMESTAMPTZ]: asText,
    [pg.types.builtins.INT8]: BigInt,
  };
  const types = {
    getTypeParser: (oid: number, format: 'text') => odd[oid] ?? pg.types.getTypeParser(oid, format),
  };
  const connection = { connectionString: url, types } as Knex.PgConnectionConfig;
  for (const [name, mappers] of [
    ['mapped', knexSnakeCaseMappers()],
    ['plain', {}],
  ] as const) {
    const host = open({ connection, ...mappers });
    await host.raw('create table if not exists public.users (id serial primary key, "userName" text)');
    await host.raw('create table if not exists public.tasks (id serial primary key)');
    await useApp(makeApp(host), `${name}@example.com`);
    await useApp(makeApp(host, { redis: world.redis }), `${name}-redis@example.com`);
    const counts = await host.raw('select (select count(*)::int from users) u, (select count(*)::int from tasks) t');
    assert.deepEqual({ ...counts.rows[0] }, { u: 0, t: 0 });
  }
});

test("a host's rollback leaves nothing behind, its commit leaves everything", async (t) => {
  const { app, db, redis, user } = world;
  const ada = await user();
  const cached = async () => (await cachedLists(redis)).sort();
  await ada.as.tasks.list();
  const before = await cached();
  const work = async (host: Knex.Transaction) => {
    const mine = app.withTransaction(host).as(ada.actor);
    const tag = await mine.tags.create({ name: 'urgent' });
    const task = await mine.tasks.create({ title: 'inside', tagIds: [tag.id] });
    assert.equal((await mine.tasks.list()).tasks[0]?.title, 'inside', 'it sees its own writes');
    assert.equal((await mine.tags.list()).tags[0]?.taskCount, 1);
    return { task, tag };
  };
  const undone = await hostTransaction(t, db);
  const gone = await work(undone);
  await undone.rollback();
  assert.deepEqual(
    [await cached(), await eventsOf(db, gone.task.id), await eventsOf(db, gone.tag.id)],
    [before, [], []],
  );
  await refused(ada.as.tasks.get({ id: gone.task.id }), 'task.not_found');
  assert.deepEqual((await ada.as.tags.list()).tags, []);

  const kept = await hostTransaction(t, db);
  const { task } = await work(kept);
  assert.equal((await ada.as.tasks.list()).pagination.total, 0, 'nobody sees it before the commit');
  await kept.commit();
  assert.equal((await ada.as.tasks.list()).tasks[0]?.id, task.id);
});

test('a version that was rolled back and is used again does not bring back what was in it', async (t) => {
  const { app, db, user } = world;
  const ada = await user();
  const host = await hostTransaction(t, db);
  const mine = app.withTransaction(host).as(ada.actor);
  await mine.tasks.create({ title: 'never was' });
  await mine.tasks.list();
  await mine.tags.list();
  await host.rollback();
  await ada.as.tasks.create({ title: 'is' });
  const { tasks } = await ada.as.tasks.list();
  assert.deepEqual(
    tasks.map(({ title }) => title),
    ['is'],
  );
});

test("calls that fail leave the host's transaction usable, also when they run at once", async (t) => {
  const { app, db, user } = world;
  const ada = await user();
  const stranger = await user();
  const foreign = await stranger.as.tags.create({ name: 'foreign' });
  const host = await hostTransaction(t, db);
  const mine = app.withTransaction(host).as(ada.actor);
  await mine.tags.create({ name: 'one' });
  await refused(mine.tags.create({ name: 'ONE' }), 'tag.name_taken');
  const register = { email: ada.email, password: PASSWORD, name: 'Ada' };
  await refused(app.withTransaction(host).auth.register({}, register), 'user.email_taken');
  const calls = [1, 2, 3, 4, 5, 6].flatMap((n) => [
    mine.tasks.create({ title: `task ${n}` }),
    mine.tasks.create({ title: `refused ${n}`, tagIds: [foreign.id] }),
    mine.tags.create({ name: 'One' }),
  ]);
  const settled = await Promise.allSettled(calls);
  assert.deepEqual(tally(settled.map(({ status }) => status)), { fulfilled: 6, rejected: 12 });
  await host.commit();
  const { tasks } = await ada.as.tasks.list({ sort: 'createdAt' });
  assert.deepEqual(
    tasks.map(({ title }) => title).sort(),
    [1, 2, 3, 4, 5, 6].map((n) => `task ${n}`),
  );
});

test('two apps in one process share nothing', async () => {
  const second = await testDatabase();
  const [here, there] = [makeApp(world.db), makeApp(second.db)];
  const [ada, bob] = await Promise.all([useApp(here, 'two@example.com'), useApp(there, 'two@example.com')]);
  await refused(there.tasks.get({ actor: SYSTEM }, { id: ada.task.id }), 'task.not_found');
  await refused(here.users.get({ actor: SYSTEM }, { id: bob.user.id }), 'user.not_found');
  const { accessToken } = await here.auth.register({}, { email: 'b@example.com', password: PASSWORD, name: 'B' });
  assert.throws(() => there.access.verify(accessToken), { code: 'auth.token_invalid' });
});

test('making an app does no I/O', () => {
  const db = open({ connection: 'postgres://nobody@127.0.0.1:1/nothing' });
  const redis = new Redis({ port: 1, lazyConnect: true });
  makeApp(db, { redis });
  const { pool } = db.client as {
    pool: { numUsed(): number; numPendingAcquires(): number; numPendingCreates(): number };
  };
  assert.deepEqual([pool.numUsed(), pool.numPendingAcquires(), pool.numPendingCreates()], [0, 0, 0]);
  assert.equal(redis.status, 'wait');
});

test("closing leaves the host's connections open and nothing that keeps the process", async () => {
  const program = `
    import { connect, createTaskApp } from '@taskapp/core';
    import { Redis } from 'ioredis';
    const db = connect(process.env.HOST_DATABASE_URL);
    const redis = new Redis(process.env.TEST_REDIS_URL, { keyPrefix: 'closing:' });
    const secrets = { access: crypto.randomUUID(), refresh: crypto.randomUUID() };
    const app = createTaskApp({ db, redis, secrets, passwords: { cost: 4 }, rateLimit: { windowMs: 1_000_000 } });
    const { accessToken } = await app.auth.register({}, { email: 'c@example.com', password: '${PASSWORD}', name: 'C' });
    const { actor } = await app.access.authenticate(app.access.verify(accessToken));
    await app.as(actor).tasks.list();
    await app.rateLimit.consume('ip', '10.0.0.1');
    await app.health();
    await Promise.all([app.close(), app.close()]);
    await app.close();
    const slow = createTaskApp({ db, redis, secrets, passwords: { cost: 16 } });
    const cut = slow.auth.register({}, { email: 'd@example.com', password: '${PASSWORD}', name: 'D' }).catch(() => 'cut');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const start = performance.now();
    await slow.close();
    if ((await cut) !== 'cut' || performance.now() - start > 2000) throw new Error('A hash outlived the app');
    await db.raw('select 1');
    await redis.ping();
    await db.destroy();
    await redis.quit();
    process.stdout.write('closed');`;
  const { url } = await testDatabase();
  const env = { ...process.env, HOST_DATABASE_URL: url, TEST_REDIS_URL: settingOf('TEST_REDIS_URL') };
  const options = ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, options, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const stuck = setTimeout(() => child.kill('SIGKILL'), 60_000);
  assert.deepEqual([...(await once(child, 'exit')), output], [0, null, 'closed']);
  clearTimeout(stuck);
});

test('bad options are all named at once, without their values', () => {
  const weak = 'hunter2-hunter2';
  const options = {
    db: undefined,
    redis: null,
    secrets: { access: weak, refresh: ['x'.repeat(40), secrets().refresh] },
    tokens: { accessTtlSeconds: 1, bogus: weak },
    passwords: { cost: 99 },
    rateLimit: { windowMs: 10 },
    cache: { ttlSeconds: -1 },
    nonsense: 1,
  } as unknown as TaskAppOptions;
  const make = () => createTaskApp(options);
  const places = ['db', 'secrets.access', 'secrets.refresh.0', 'tokens.accessTtlSeconds', 'tokens', 'passwords.cost'];
  assert.throws(make, (error: Error) => {
    assert.ok(error instanceof TypeError);
    const named = error.message.split('\n').map((line) => line.trim().split(':')[0]);
    for (const place of [...places, 'rateLimit.windowMs', 'cache.ttlSeconds', 'options']) {
      assert.ok(named.includes(place), `${place} in ${error.message}`);
    }
    assert.match(error.message, /secrets\.access: Must be at least 32 bytes/);
    assert.doesNotMatch(error.message, /hunter2|xxx/);
    return true;
  });
  const equal = secrets().access;
  const same = { db: world.db, redis: null, secrets: { access: equal, refresh: [secrets().refresh, equal] } };
  assert.throws(() => createTaskApp(same), /access and refresh must differ/);
  const pem = { ...same, secrets: { ...secrets(), access: `-----BEGIN PUBLIC KEY-----\n${equal}` } };
  assert.throws(() => createTaskApp(pem), /secrets\.access: Must be a secret, not a key file/);
});
