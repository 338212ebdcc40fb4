import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createTaskApp, isTaskAppError, migrate } from '@taskapp/core';
import knex from 'knex';
import { createTables, hooks, noteMail } from './warehouse.ts';

const connection = process.env.DATABASE_URL ?? '';
if (connection === '') throw new Error('Set DATABASE_URL to an empty PostgreSQL database');

const db = knex({ client: 'pg', connection });
await createTables(db);
await migrate(db);

const secret = () => randomBytes(32).toString('hex');
const options = { db, redis: null, secrets: { access: secret(), refresh: secret() }, hooks };
const app = createTaskApp(options);
const account = { email: 'grace@example.com', password: 'Forklift4ever', name: 'Grace' };
const { id, role } = await app.as({ kind: 'system', reason: 'set-up' }).users.create(account);
const grace = { kind: 'user', userId: id, role } as const;

/** Waits until so many mails are noted. */
async function mails(count: number): Promise<string[]> {
  for (;;) {
    const lines: string[] = await db('outbox').orderBy('event_id').pluck('line');
    if (lines.length >= count) return lines;
    await pause(20);
  }
}

const stop = await app.on(
  ['task.created', 'task.updated'],
  async (event) => {
    if (event.type === 'task.created') await noteMail(db, event, `new: ${event.changes.title?.to}`);
    else if (event.changes.status?.to === 'DONE') await noteMail(db, event, 'done');
  },
  { name: 'mailer' },
);

// Rolled back: no hours, and nobody hears of it.
const rolledBack = await db.transaction();
await app.withTransaction(rolledBack).as(grace).tasks.create({ title: 'never was' });
await rolledBack.rollback();
assert.deepEqual(await db('hours'), []);

// A veto: nothing is changed, and the caller knows why.
const task = await app.as(grace).tasks.create({ title: 'Unload the truck' });
const done = () => app.as(grace).tasks.update({ id: task.id, status: 'DONE' });
const refusal = await done().catch((error: unknown) => error);
assert.ok(isTaskAppError(refusal) && refusal.code === 'hours.missing');
await db('hours').where('task_id', task.id).update({ booked: 3 });
assert.equal((await done()).status, 'DONE');
assert.deepEqual(await mails(2), ['new: Unload the truck', 'done']);

// What happens while nobody listens is told later, to whoever listens under the name.
await stop();
await app.as(grace).tasks.create({ title: 'Sweep the floor' });
const later = createTaskApp(options);
await later.on(
  'task.created',
  (event) => noteMail(db, event, `late: ${event.changes.title?.to}`).then(() => undefined),
  {
    name: 'mailer',
  },
);
assert.deepEqual(await mails(3), ['new: Unload the truck', 'done', 'late: Sweep the floor']);

await later.close();
await app.close();
await db.destroy();
console.log('Rolled back: nobody hears of it. Veto: nothing changed. Nobody listened: told later.');
