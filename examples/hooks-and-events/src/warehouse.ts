import { type TaskAppHooks, veto } from '@taskapp/core';
import type { Knex } from 'knex';

/** The host: a warehouse. It books hours on tasks, and sends mail. */
export async function createTables(db: Knex): Promise<void> {
  await db.schema.createTable('hours', (table) => {
    table.uuid('task_id').primary();
    table.integer('booked').notNullable().defaultTo(0);
  });
  await db.schema.createTable('outbox', (table) => {
    table.uuid('event_id').primary();
    table.text('line').notNullable();
  });
}

/** Every task has an account of hours from its first moment, and is done only once some are booked. */
export const hooks: TaskAppHooks = {
  task: {
    afterCreate: async ({ trx }, task) => {
      await trx('hours').insert({ task_id: task.id });
    },
    beforeUpdate: async ({ trx }, { status }, task) => {
      if (status !== 'DONE') return;
      const { booked } = await trx('hours').where('task_id', task.id).first();
      if (booked === 0) veto('Book your hours first', { code: 'hours.missing', kind: 'conflict' });
    },
    afterRemove: async ({ trx }, task) => {
      await trx('hours').where('task_id', task.id).delete();
    },
  },
};

/** Notes a mail to send, once: an event may be told again, always with the same id. */
export const noteMail = (db: Knex, event: { id: string }, line: string) =>
  db('outbox').insert({ event_id: event.id, line }).onConflict('event_id').ignore();
