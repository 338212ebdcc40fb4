import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { createTaskApp, migrate } from '@taskapp/core';
import { createHttpApp, toFetchHandler } from '@taskapp/http';
import { type Context, Hono } from 'hono';
import knex from 'knex';

const { DATABASE_URL = '', JWT_ACCESS_SECRET = '', JWT_REFRESH_SECRET = '', PORT = '3000' } = process.env;
const db = knex({ client: 'pg', connection: DATABASE_URL });
await migrate(db);
const app = createTaskApp({ db, redis: null, secrets: { access: JWT_ACCESS_SECRET, refresh: JWT_REFRESH_SECRET } });

// A Request does not tell where it comes from, so the limits have to be told.
const answer = toFetchHandler(createHttpApp(app), {
  basePath: '/tasks-api',
  clientAddress: (_request, context: Context) => getConnInfo(context).remote.address,
});

const host = new Hono();
host.all('/tasks-api/*', (context) => answer(context.req.raw, context));
host.get('/hello', (context) => context.json({ greeting: `Hello ${context.req.query('name') ?? 'you'}` }));

const server = serve({ fetch: host.fetch, port: Number(PORT), hostname: '127.0.0.1' }, (address) => {
  console.log('Listening', address);
});
process.once('SIGTERM', () => {
  server.close(async () => {
    await app.close();
    await db.destroy();
  });
});
