import { createTaskApp, migrate } from '@taskapp/core';
import { createHttpApp, fastifyTaskApp } from '@taskapp/http';
import Fastify from 'fastify';
import knex from 'knex';

const { DATABASE_URL = '', JWT_ACCESS_SECRET = '', JWT_REFRESH_SECRET = '', PORT = '3000' } = process.env;
const db = knex({ client: 'pg', connection: DATABASE_URL });
await migrate(db);
if (!(await db.schema.hasTable('notes'))) {
  await db.schema.createTable('notes', (table) => {
    table.increments('id');
    table.uuid('task_id').notNullable().references('id').inTable('taskapp.tasks').onDelete('CASCADE');
    table.text('text').notNullable();
  });
}
const app = createTaskApp({ db, redis: null, secrets: { access: JWT_ACCESS_SECRET, refresh: JWT_REFRESH_SECRET } });

const host = Fastify();
host.register(fastifyTaskApp, { prefix: '/tasks-api', http: createHttpApp(app) });

// Notes of the host's own, for tasks that the caller may see: `get` refuses all others.
interface Note {
  Params: { id: string };
  Body: { text: string };
}
host.post<Note>('/tasks/:id/notes', async ({ headers, params, body }, reply) => {
  const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
  const { actor } = await app.access.authenticate(app.access.verify(token));
  const { id } = await app.as(actor).tasks.get(params);
  const [note] = await db('notes').insert({ task_id: id, text: body.text }).returning('*');
  return reply.code(201).send(note);
});
host.addHook('onClose', async () => {
  await app.close();
  await db.destroy();
});

const url = await host.listen({ port: Number(PORT), host: '127.0.0.1' });
console.log(`Listening on ${url}`);
process.once('SIGTERM', () => void host.close());
