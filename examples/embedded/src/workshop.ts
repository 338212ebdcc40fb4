import type { BoundServices, TaskApp } from '@taskapp/core';
import type { Knex } from 'knex';

/** The host: a bicycle workshop. Its tables happen to have the names that the task app uses in its own schema. */
export async function createTables(db: Knex): Promise<void> {
  await db.schema.createTable('users', (table) => {
    table.increments('id');
    table.text('full_name').notNullable();
  });
  await db.schema.createTable('tasks', (table) => {
    table.increments('id');
    table.integer('customer_id').notNullable().references('users.id');
    table.text('bicycle_kind').notNullable();
    table.uuid('follow_up_id');
  });
}

/** A repair in the workshop's own table; camelCase because the host maps names on its Knex. */
export interface Repair {
  readonly id: number;
  readonly customerId: number;
  readonly bicycleKind: string;
  readonly followUpId: string | null;
}

/** Takes in a bicycle: the repair, and a task to call the customer. Both, or neither. */
export async function takeIn(trx: Knex.Transaction, mechanic: BoundServices, bicycleKind: string): Promise<Repair> {
  const [customer] = await trx('users').insert({ fullName: 'Ada Lovelace' }).returning('id');
  const task = await mechanic.tasks.create({ title: `Call Ada Lovelace about the ${bicycleKind}`, priority: 'HIGH' });
  const row = { customerId: customer.id, bicycleKind, followUpId: task.id };
  const [repair] = await trx<Repair>('tasks').insert(row).returning('*');
  if (!repair) throw new Error('PostgreSQL returned no row');
  return repair;
}

/** The accounts of the task app are its own; here the host makes one for its mechanic. */
export async function hireMechanic(
  app: TaskApp,
): Promise<BoundServices & { inside(trx: Knex.Transaction): BoundServices }> {
  const system = app.as({ kind: 'system', reason: 'workshop set-up' });
  const { id, role } = await system.users.create({
    email: 'mechanic@example.com',
    name: 'Grace',
    password: 'Spokes4ever',
  });
  const actor = { kind: 'user', userId: id, role } as const;
  return { ...app.as(actor), inside: (trx) => app.withTransaction(trx).as(actor) };
}
