import { createTaskApp } from '@taskapp/core';
import knex from 'knex';
import { secrets } from './world.ts';

// A process that is told: it notes every event in a table, and takes its time.
const db = knex({ client: 'pg', connection: process.env.DATABASE_URL ?? '' });
const app = createTaskApp({ db, redis: null, secrets: secrets() });
await app.on(
  'task.created',
  async ({ id, seq }) => {
    await db('told').insert({ event: id, seq });
    await new Promise((resolve) => setTimeout(resolve, 50));
  },
  { name: 'notes' },
);
process.stdout.write('listening\n');
