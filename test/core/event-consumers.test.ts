import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@taskapp/core';
import type { Knex } from 'knex';
import { atEnd } from '../support/cleanup.ts';
import { aLook, anotherApp, createListener } from '../support/listeners.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import { startProxy } from '../support/proxy.ts';
import { createWorld, type World } from '../support/world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let world: World;
before(async () => {
  world = await createWorld();
});

const openAt = (url: string, options: Parameters<typeof connect>[1] = {}): Knex => {
  const db = connect(url, options);
  atEnd(() => db.destroy());
  return db;
};
const createTasks = async (user: Awaited<ReturnType<World['user']>>, titles: readonly string[]) => {
  for (const title of titles) await user.as.tasks.create({ title });
};
const numbers = (count: number) => Array.from({ length: count }, (_, n) => `task ${n}`);

test('a consumer goes on where it stopped, whoever listens then', async () => {
  const ada = await world.user();
  const options = { name: 'goes-on' };
  const first = createListener();
  const stop = await world.app.on('task.created', first.listener, options);
  await assert.rejects(world.app.on('*', first.listener, options), /goes-on listens already/);
  await createTasks(ada, ['a', 'b']);
  await first.until(2);
  await stop();
  await createTasks(ada, ['c']);
  await ada.as.tags.create({ name: 'not asked for' });
  const second = createListener();
  const stopSecond = await anotherApp(world.db).on('task.created', second.listener, options);
  await second.until(1);
  await createTasks(ada, ['d']);
  await second.until(2);
  await aLook();
  assert.deepEqual(
    [first.seqs(), second.seqs()],
    [
      [2, 3],
      [4, 6],
    ],
  );
  await stopSecond();
});

test('of several processes one is told, and another one takes over when it stops', async () => {
  const ada = await world.user();
  const [one, other] = [createListener(), createListener()];
  const stop = await anotherApp(world.db).on('task.created', one.listener, { name: 'shared' });
  await createTasks(ada, ['a']);
  await one.until(1);
  await anotherApp(world.db).on('task.created', other.listener, { name: 'shared' });
  await createTasks(ada, ['b', 'c']);
  await one.until(3);
  await aLook();
  assert.deepEqual(other.events, []);
  await stop();
  await createTasks(ada, ['d']);
  await other.until(1);
  assert.deepEqual([one.seqs(), other.seqs()], [[2, 3, 4], [5]]);
});

test('a position is kept in the middle of a page, and an event that failed is told again by the next process', async () => {
  const ada = await world.user();
  const told: (number | null)[] = [];
  const failing = anotherApp(world.db);
  await failing.on(
    'task.created',
    ({ seq }) => {
      told.push(seq);
      if (seq === 4) throw new Error('never');
    },
    { name: 'poison' },
  );
  await createTasks(ada, numbers(5));
  while (!told.includes(4)) await pause(5);
  await failing.close();
  const next = createListener();
  const stop = await anotherApp(world.db).on('task.created', next.listener, { name: 'poison' });
  await next.until(3);
  await aLook();
  assert.deepEqual(
    [told.slice(0, 3), next.seqs()],
    [
      [2, 3, 4],
      [4, 5, 6],
    ],
  );
  await stop();
});

test('kill -9 in the middle loses nothing, and another process goes on in order', { timeout: 120_000 }, async () => {
  const { db } = world;
  await db.raw('create table told (n serial, event uuid, seq bigint)');
  const ada = await world.user();
  const args = ['--conditions=source', '--import', 'tsx', 'test/support/consumer-process.ts'];
  const env = { ...process.env, DATABASE_URL: world.url };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const writing = createTasks(ada, numbers(60));
  const count = async (): Promise<number> => (await db('told')).length;
  while ((await count()) < 20) await pause(5);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await writing;
  const before = (await db('told').orderBy('n').pluck('seq')).map(Number);
  assert.ok(before.length < 60, 'it was in the middle');
  const { listener, until, seqs } = createListener();
  const stop = await anotherApp(db).on('task.created', listener, { name: 'notes' });
  await until(60 - before.length);
  while (seqs().at(-1) !== 61) await pause(20);
  const all = numbers(60).map((_, n) => n + 2);
  assert.deepEqual(before, all.slice(0, before.length));
  assert.deepEqual(seqs(), all.slice(-seqs().length));
  const repeated = before.length + seqs().length - 60;
  assert.ok(repeated < 20, `${repeated} events were told again`);
  await stop();
});

test('an outage of the database is waited for', async () => {
  const network = await startProxy(world.url);
  const app = anotherApp(openAt(network.url, { statementTimeoutMs: 2000 }));
  const ada = await world.user();
  const { listener, until, seqs } = createListener();
  const stop = await app.on('task.created', listener, { name: 'outage' });
  await createTasks(ada, ['a']);
  await until(1);
  network.freeze();
  await createTasks(ada, ['b']);
  await pause(3000);
  network.thaw();
  await createTasks(ada, ['c']);
  await until(3);
  assert.deepEqual(seqs(), [2, 3, 4]);
  await stop();
});

test('it works through PgBouncer, where every statement may get another session', async () => {
  const bouncer = await startPgBouncer(world.url);
  const app = anotherApp(openAt(bouncer.url, { pooler: true, prepared: bouncer.knowsStatements }));
  const ada = await world.user();
  const [named, local] = [createListener(), createListener()];
  await app.on('task.created', named.listener, { name: 'pooled' });
  await app.on('task.created', local.listener);
  await createTasks(ada, numbers(20));
  await Promise.all([named.until(20), local.until(20)]);
  assert.deepEqual(named.seqs(), local.seqs());
  await app.close();
});

test('restored on a server with lower numbers, it tells what was left, then what is new, and nothing twice', async () => {
  const moved = await createWorld();
  const ada = await moved.user();
  const { db } = moved;
  const listenOnce = async (count: number) => {
    const { listener, until, seqs } = createListener();
    const app = anotherApp(db);
    await app.on('task.created', listener, { name: 'moved' });
    await until(count);
    await aLook();
    await app.close();
    return seqs();
  };
  const before = listenOnce(2);
  await pause(1000);
  await createTasks(ada, ['a', 'b']);
  assert.deepEqual(await before, [2, 3]);
  await createTasks(ada, ['c', 'd']);
  // As if all of it had been written on a server that is far ahead.
  await db.raw(`
    alter table taskapp.events disable trigger events_append_only;
    update taskapp.events set xid = ((xid::text::numeric + 1000000)::text)::xid8;
    alter table taskapp.events enable trigger events_append_only;
    update taskapp.event_consumers set xid = ((xid::text::numeric + 1000000)::text)::xid8, since = '1000000:1000000:'`);
  await createTasks(ada, ['e']);
  assert.deepEqual(await listenOnce(3), [4, 5, 6]);
  await createTasks(ada, ['f']);
  assert.deepEqual(await listenOnce(1), [7]);
});
