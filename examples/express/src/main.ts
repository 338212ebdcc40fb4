import { createTaskApp, isTaskAppError, migrate } from '@taskapp/core';
import { createHttpApp, toNodeHandler } from '@taskapp/http';
import express from 'express';
import knex from 'knex';

const { DATABASE_URL = '', JWT_ACCESS_SECRET = '', JWT_REFRESH_SECRET = '', PORT = '3000' } = process.env;
const db = knex({ client: 'pg', connection: DATABASE_URL });
await migrate(db);
if (!(await db.schema.hasTable('orders'))) {
  await db.schema.createTable('orders', (table) => {
    table.increments('id');
    table.text('item').notNullable();
    table.uuid('packing_task_id').notNullable();
  });
}
const app = createTaskApp({ db, redis: null, secrets: { access: JWT_ACCESS_SECRET, refresh: JWT_REFRESH_SECRET } });

/** The person whose token a request of the host carries, as the task app knows them. */
async function identify(header = '') {
  const { actor } = await app.access.authenticate(app.access.verify(header.replace(/^Bearer /, '')));
  return actor;
}

const host = express();
host.use('/tasks-api', toNodeHandler(createHttpApp(app)));
host.use(express.json());

// An order, and the task to pack it: both, or neither.
host.post('/orders', async (request, response) => {
  const actor = await identify(request.headers.authorization);
  const order = await db.transaction(async (trx) => {
    const { item } = request.body;
    const task = await app
      .withTransaction(trx)
      .as(actor)
      .tasks.create({ title: `Pack ${item}` });
    const [made] = await trx('orders').insert({ item, packing_task_id: task.id }).returning('*');
    return made;
  });
  response.status(201).json(order);
});

host.use(((error, _request, response, next) => {
  if (!isTaskAppError(error)) return next(error);
  response.status(error.kind === 'unauthenticated' ? 401 : 400).json({ problem: error.message });
}) satisfies express.ErrorRequestHandler);

const server = host.listen(Number(PORT), '127.0.0.1', () => {
  console.log('Listening', server.address());
});
process.once('SIGTERM', () => {
  server.close(async () => {
    await app.close();
    await db.destroy();
  });
  server.closeIdleConnections();
});
