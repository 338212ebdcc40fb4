import { createTaskApp, type HostedTaskAppOptions, type HostUser } from '@taskapp/core';
import type { Knex } from 'knex';
import { atEnd } from './cleanup.ts';
import { testDatabase } from './database.ts';

/** A host with people of its own, numbered by PostgreSQL, and its task app. */
export async function createHost(options: Partial<HostedTaskAppOptions> = {}) {
  const { db, url } = options.db ? { db: options.db, url: '' } : await testDatabase();
  await db.schema.createTable('people', (table) => {
    table.increments('id');
    table.boolean('admin').notNullable().defaultTo(false);
    table.boolean('locked').notNullable().defaultTo(false);
  });
  const asked: string[] = [];
  const find = async (userId: string, db: Knex): Promise<HostUser | null> => {
    asked.push(userId);
    const person = await db('public.people').where('id', userId).first();
    return person && { id: String(person.id), role: person.admin ? 'ADMIN' : 'USER', disabled: person.locked };
  };
  const app = createTaskApp({ redis: null, users: { find }, ...options, db });
  atEnd(app.close);
  const hire = async (db: Knex, fields: object = {}): Promise<string> => {
    const [person] = await db('people').insert(fields).returning('id');
    return String(person.id);
  };
  return { app, db, url, find, asked, hire, as: (userId: string) => app.as(actorOf(userId)) };
}

/** Somebody of the host's. */
export const actorOf = (userId: string, role: 'USER' | 'ADMIN' = 'USER') => ({ kind: 'user', userId, role }) as const;
