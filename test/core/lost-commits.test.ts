import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createTaskApp, type TaskApp } from '@taskapp/core';
import type { Knex } from 'knex';
import { settle } from '../../packages/core/src/kernel/commit-outcome.ts';
import { transaction } from '../../packages/core/src/kernel/transaction.ts';
import { atEnd } from '../support/cleanup.ts';
import { refused } from '../support/factories.ts';
import { type FaultyNetwork, startProxy } from '../support/proxy.ts';
import { createWorld, secrets, type World } from '../support/world.ts';

let world: World;
let proxy: FaultyNetwork;
/** Behind a network that loses the answer to what `losingTheAnswer` names. */
let far: Knex;
let app: TaskApp;

const addNote = (trx: Knex, id: number) => trx('notes').insert({ id });
const notes = (): Promise<number[]> => world.db('notes').orderBy('id').pluck('id');

async function losingTheAnswer<T>(work: () => Promise<T>, to = 'COMMIT'): Promise<T> {
  proxy.cutAfter(to);
  return work().finally(() => proxy.cutAfter('nothing of the kind'));
}

before(async () => {
  world = await createWorld();
  proxy = await startProxy(world.url);
  far = connect(proxy.url, { poolMax: 2 });
  app = createTaskApp({ db: far, redis: null, secrets: secrets(), passwords: { cost: 4 } });
  atEnd(() => far.destroy());
  atEnd(app.close);
  await world.db.raw('create table notes (id integer primary key)');
});
beforeEach(() => world.db('notes').delete());

test('an answer to COMMIT that gets lost is reported as unknown, and the pool recovers', async () => {
  const error = await losingTheAnswer(() =>
    refused(
      transaction(far, (trx) => addNote(trx, 1)),
      'database.commit_unknown',
    ),
  );
  assert.equal(error.kind, 'unavailable');
  assert.deepEqual(await notes(), [1], 'this time it was stored');
  await transaction(far, (trx) => addNote(trx, 2));
  assert.deepEqual(await notes(), [1, 2]);
});

test('a change with a key whose COMMIT was answered to nobody is looked up and reported as it is', async () => {
  const { actor, as } = await world.user();
  const task = await losingTheAnswer(() => app.tasks.create({ actor, idempotencyKey: 'one' }, { title: 'once' }));
  assert.deepEqual((await as.tasks.list()).tasks, [task]);
});

test('so is a change that is one statement', async () => {
  const { actor, as } = await world.user();
  const task = await losingTheAnswer(() => app.tasks.create({ actor }, { title: 'once' }), 'task.created');
  assert.deepEqual((await as.tasks.list()).tasks, [task]);
  const { id } = task;
  const changed = await losingTheAnswer(() => app.tasks.update({ actor }, { id, status: 'DONE' }), 'task.updated');
  assert.deepEqual([changed.status, changed.version], ['DONE', 2]);
  assert.deepEqual((await as.tasks.list()).tasks, [changed]);
});

test('if it cannot be looked up either, nobody says that nothing was changed', async () => {
  const { actor, as } = await world.user();
  const unprepared = connect(proxy.url, { poolMax: 2, prepared: false });
  const app = createTaskApp({ db: unprepared, redis: null, secrets: secrets(), passwords: { cost: 4 } });
  try {
    const lose = (work: () => Promise<unknown>) =>
      losingTheAnswer(() => refused(work(), 'database.commit_unknown'), 'taskapp.tasks');
    await lose(() => app.tasks.create({ actor }, { title: 'once' }));
    const [task] = (await as.tasks.list()).tasks;
    assert.equal(task?.title, 'once');
    await lose(() => app.tasks.update({ actor }, { id: task!.id, title: 'changed' }));
    assert.equal((await as.tasks.get({ id: task!.id })).title, 'changed');
  } finally {
    await app.close();
    await unprepared.destroy();
  }
});

test('what was not committed when it was settled can never be committed after it', async () => {
  const witness = randomUUID();
  const record = (db: Knex) =>
    db('taskapp.events').insert({ id: witness, type: 'task.created', entity_type: 'task', actor_kind: 'anonymous' });
  const late = await world.db.transaction();
  await record(late);
  const settled = settle(far, witness, undefined);
  await sleep(100);
  await late.rollback();
  assert.equal(await settled, 'ROLLBACK', 'what is under way is waited for');
  await assert.rejects(record(world.db), { constraint: 'events_pkey' });
  assert.equal(await settle(far, witness, undefined), 'ROLLBACK', 'asked again it says the same');

  const { id } = await world.db('taskapp.events').whereNot({ id: witness }).first();
  assert.equal(await settle(far, id, undefined), 'COMMIT');
});
