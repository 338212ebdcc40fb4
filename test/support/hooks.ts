import { createTaskApp, type HookContext, type TaskAppHooks, type TaskAppOptions } from '@taskapp/core';
import { atEnd } from './cleanup.ts';
import { createWorld, secrets } from './world.ts';

/** A world with a table of the host's, `notes`, and apps with hooks. */
export async function createHookedWorld() {
  const world = await createWorld();
  const { db } = world;
  await db.raw('create table notes (id serial primary key, text text not null unique)');
  /** An app with hooks, and a user of it. */
  const hooked = async (hooks: TaskAppHooks, options: Partial<TaskAppOptions> = {}) => {
    const app = createTaskApp({ db, redis: null, secrets: secrets(), passwords: { cost: 4 }, ...options, hooks });
    atEnd(app.close);
    const { actor } = await world.user();
    return { app, actor, me: app.as(actor, { requestId: 'r-1' }) };
  };
  const notes = (): Promise<string[]> => db('notes').orderBy('id').pluck('text');
  return { ...world, hooked, notes };
}

/** Writes to the host's table, in the transaction of a hook. */
export const note = ({ trx }: Pick<HookContext, 'trx'>, text: string) => trx('notes').insert({ text });
