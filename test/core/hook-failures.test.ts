import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createTaskApp, type HookContext } from '@taskapp/core';
import { hostTransaction, refused } from '../support/factories.ts';
import { createHookedWorld, note } from '../support/hooks.ts';
import { secrets } from '../support/world.ts';

let world: Awaited<ReturnType<typeof createHookedWorld>>;
before(async () => {
  world = await createHookedWorld();
});
beforeEach(() => world.db('notes').delete());

test('what a hook throws undoes everything and reaches the caller as it is, also with a key', async () => {
  // It looks like a failure of PostgreSQL, and is none.
  const mine = Object.assign(new Error('shop closed'), { code: 'ECONNREFUSED' });
  let fails = true;
  const { me, app, actor } = await world.hooked({
    task: {
      afterCreate: async (ctx) => {
        await note(ctx, 'made');
        if (fails) throw mine;
      },
    },
  });
  const same = (call: Promise<unknown>) => assert.rejects(call, (error) => error === mine);
  await same(me.tasks.create({ title: 'one' }));
  const keyed = { actor, idempotencyKey: 'k-1' };
  await same(app.tasks.create(keyed, { title: 'one' }));
  assert.deepEqual([await world.notes(), (await me.tasks.list()).pagination.total], [[], 0]);
  fails = false;
  const made = await app.tasks.create(keyed, { title: 'one' });
  assert.deepEqual(await app.tasks.create(keyed, { title: 'one' }), made);
  assert.deepEqual(await world.notes(), ['made'], 'an answer that is repeated runs no hook');
});

test("in a host's transaction a failure in a hook is undone alone, a swallowed one is no success", async (t) => {
  const { app, actor } = await world.hooked({
    task: {
      afterCreate: async (ctx, { title }) => {
        await note(ctx, title === 'twice' ? 'one' : title);
        if (title === 'swallowed') await note(ctx, 'one').catch(() => undefined);
      },
    },
  });
  const host = await hostTransaction(t, world.db);
  const { tasks } = app.withTransaction(host).as(actor);
  await tasks.create({ title: 'one' });
  await assert.rejects(tasks.create({ title: 'twice' }), { code: '23505', constraint: 'notes_text_key' });
  await refused(tasks.create({ title: 'swallowed' }), 'database.not_committed');
  await tasks.create({ title: 'two' });
  await host.commit();
  assert.deepEqual(await world.notes(), ['one', 'two']);
  assert.equal((await app.as(actor).tasks.list()).pagination.total, 2);
});

test('a change whose hooks meet a deadlock is done anew, hooks included', async () => {
  await world.db('notes').insert([{ text: 'a' }, { text: 'b' }]);
  const [a, b] = await world.db('notes').orderBy('id').pluck('id');
  let runs = 0;
  const lock = ({ trx }: HookContext, id: number) => trx('notes').where({ id }).forUpdate().first();
  const crossing = async (ctx: HookContext, first: number, second: number) => {
    await lock(ctx, first);
    runs += 1;
    while (runs < 2) await pause(2);
    await lock(ctx, second);
  };
  const { me } = await world.hooked({
    task: {
      beforeCreate: (ctx, { title }) => crossing(ctx, ...((title === 'ab' ? [a, b] : [b, a]) as [number, number])),
    },
  });
  await Promise.all(['ab', 'ba'].map((title) => me.tasks.create({ title })));
  assert.equal(runs, 3);
  assert.equal((await me.tasks.list()).pagination.total, 2);
});

test('what is not allowed or has changed meanwhile runs no hook, and a hook may change the task itself', async () => {
  let runs = 0;
  const { app, actor, me } = await world.hooked({
    task: {
      beforeUpdate: async ({ trx }, _changes, { id }) => {
        runs += 1;
        await trx('taskapp.tasks')
          .where({ id })
          .update({ version: trx.raw('version + 1') });
      },
    },
  });
  const task = await me.tasks.create({ title: 'one' });
  const stranger = await world.user();
  await refused(app.as(stranger.actor).tasks.update({ id: task.id, title: 'x' }), 'task.forbidden');
  await refused(app.tasks.update({ actor, ifMatch: [7] }, { id: task.id, title: 'x' }), 'input.version_conflict');
  assert.equal(runs, 0);
  const { version } = await app.tasks.update({ actor, ifMatch: [1] }, { id: task.id, title: 'two' });
  assert.deepEqual([runs, version], [1, 3]);
});

test('a hook that hangs is given up, and holds nothing', { timeout: 20_000 }, async () => {
  const lines: object[] = [];
  const log = {
    debug() {},
    info() {},
    warn() {},
    error: (message: string, meta?: object) => lines.push({ message, ...meta }),
  };
  const hooks = { task: { afterCreate: () => new Promise<void>(() => undefined) } };
  const { me } = await world.hooked(hooks, { log });
  await refused(me.tasks.create({ title: 'one' }), 'hook.timeout');
  assert.deepEqual(lines, [
    {
      message: 'A hook takes too long; its change is undone',
      hook: 'hooks.task.afterCreate',
      limitMs: 5000,
      requestId: 'r-1',
    },
  ]);
  assert.equal((await me.tasks.list()).pagination.total, 0);
});

test('hooks that no compiler has looked at are refused by name', () => {
  const wrong = { task: { beforeDelete() {}, afterCreate: 1 }, session: {} };
  const options = { db: world.db, redis: null, secrets: secrets(), hooks: wrong as never };
  assert.throws(
    () => createTaskApp(options),
    /hooks\.task\.beforeDelete: No such hook[\s\S]*hooks\.task\.afterCreate: Must be a function[\s\S]*hooks\.session: There are hooks for task, tag, user/,
  );
});
