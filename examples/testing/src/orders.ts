import type { Actor, TaskApp } from '@taskapp/core';
import type { Knex } from 'knex';

/** The host's own table. */
export const createOrders = (db: Knex): Promise<void> =>
  db.schema.createTable('orders', (table) => {
    table.increments('id');
    table.text('item').notNullable();
    table.uuid('packing_task_id').notNullable();
  });

/** Takes an order, and makes the task to pack it. Both, or neither. */
export async function placeOrder(
  { db, app }: { db: Knex; app: TaskApp },
  clerk: Actor,
  item: string,
): Promise<{ id: number; taskId: string }> {
  return db.transaction(async (trx) => {
    const { tasks } = app.withTransaction(trx).as(clerk);
    const { id: taskId } = await tasks.create({ title: `Pack ${item}`, priority: 'HIGH' });
    const [{ id }] = await trx('orders').insert({ item, packing_task_id: taskId }).returning('id');
    return { id, taskId };
  });
}
