import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, beforeEach, test } from 'node:test';
import { connect, createTaskApp, type TaskApp } from '@taskapp/core';
import type { Knex } from 'knex';
import { transaction } from '../../packages/core/src/kernel/transaction.ts';
import { atEnd } from '../support/cleanup.ts';
import { refused } from '../support/factories.ts';
import { type FaultyNetwork, startProxy } from '../support/proxy.ts';
import { createWorld, secrets, type World } from '../support/world.ts';

let world: World;
let proxy: FaultyNetwork;
/** Behind a network that loses the answer to the next COMMIT. */
let far: Knex;
let app: TaskApp;

const addNote = (trx: Knex, id: number) => trx('notes').insert({ id });
const notes = (): Promise<number[]> => world.db('notes').orderBy('id').pluck('id');

async function losingTheAnswer<T>(work: () => Promise<T>): Promise<T> {
  proxy.cutAfter('COMMIT');
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

for (const key of [undefined, 'one']) {
  test(`a change ${key ? 'with a key ' : ''}whose COMMIT was answered to nobody is looked up and reported as it is`, async () => {
    const { actor, as } = await world.user();
    const ctx = { actor, ...(key && { idempotencyKey: key }) };
    const task = await losingTheAnswer(() => app.tasks.create(ctx, { title: 'once' }));
    assert.deepEqual((await as.tasks.list()).tasks, [task]);
  });
}

test('an id that a crashed server gave to another transaction proves nothing: the row is missing', async () => {
  const { rows } = await world.db.raw('select pg_current_xact_id() as id');
  const claim = `select '${rows[0].id} ${randomUUID()}' as taskapp_witness`;
  await losingTheAnswer(() =>
    refused(
      transaction(far, (trx) => addNote(trx, 1).then(() => trx.raw(claim))),
      'database.not_committed',
    ),
  );
});
