import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createTaskApp, isTaskAppError, migrate } from '@taskapp/core';
import knex from 'knex';
import { knexSnakeCaseMappers } from 'objection';
import { createTables, hireMechanic, takeIn } from './workshop.ts';

const connection = process.env.DATABASE_URL ?? '';
if (connection === '') throw new Error('Set DATABASE_URL to an empty PostgreSQL database');

// The host's own connections, with its own idea of names. The task app uses them and never closes them.
const db = knex({ client: 'pg', connection, ...knexSnakeCaseMappers() });
await createTables(db);
await migrate(db);

const secret = () => randomBytes(32).toString('hex');
const app = createTaskApp({ db, redis: null, secrets: { access: secret(), refresh: secret() } });
const mechanic = await hireMechanic(app);

/** Everything that a task leaves behind, on a connection of its own. */
async function count() {
  const { rows } = await db.raw(`
    select (select count(*)::int from public.tasks) as repairs, (select count(*)::int from taskapp.tasks) as tasks,
      (select count(*)::int from taskapp.events where type like 'ta%') as events`);
  return rows[0];
}

// Rolled back: nothing is left, neither the host's rows nor a task, an event or a cached list.
const rolledBack = await db.transaction();
await takeIn(rolledBack, mechanic.inside(rolledBack), 'tandem');
assert.equal((await mechanic.inside(rolledBack).tasks.list()).tasks.length, 1, 'the transaction sees its own task');
assert.equal((await mechanic.tasks.list()).tasks.length, 0, 'nobody else does');
await rolledBack.rollback();
assert.deepEqual(await count(), { repairs: 0, tasks: 0, events: 0 });
assert.deepEqual((await mechanic.tasks.list()).pagination.total, 0);

// Committed: all of it is there.
const repair = await db.transaction((trx) => takeIn(trx, mechanic.inside(trx), 'racing bike'));
assert.deepEqual(await count(), { repairs: 1, tasks: 1, events: 1 });
const followUp = await mechanic.tasks.get({ id: repair.followUpId ?? '' });
assert.equal(followUp.title, 'Call Ada Lovelace about the racing bike');

// A call that fails leaves the transaction usable; here the second tag has the name of the first.
await db.transaction(async (trx) => {
  const inside = mechanic.inside(trx);
  await inside.tags.create({ name: 'urgent' });
  const failure = await inside.tags.create({ name: 'Urgent' }).catch((error: unknown) => error);
  assert.ok(isTaskAppError(failure) && failure.code === 'tag.name_taken');
  await takeIn(trx, inside, 'cargo bike');
});
assert.deepEqual(await count(), { repairs: 2, tasks: 2, events: 3 });
assert.deepEqual(
  (await mechanic.tags.list()).tags.map(({ name }) => name),
  ['urgent'],
);

// The task app ends what it started and nothing else: the host's pool still works, until the host closes it.
await app.close();
assert.deepEqual(await count(), { repairs: 2, tasks: 2, events: 3 });
await db.destroy();
console.log('Rolled back: nothing left. Committed: all there. Failed call: transaction usable.');
