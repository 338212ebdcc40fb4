import { bodyParser } from '@koa/bodyparser';
import { createTaskApp, migrate } from '@taskapp/core';
import { createHttpApp } from '@taskapp/http';
import knex from 'knex';
import Koa from 'koa';
import mount from 'koa-mount';

const { DATABASE_URL = '', JWT_ACCESS_SECRET = '', JWT_REFRESH_SECRET = '', PORT = '3000' } = process.env;
const db = knex({ client: 'pg', connection: DATABASE_URL });
await migrate(db);
const app = createTaskApp({ db, redis: null, secrets: { access: JWT_ACCESS_SECRET, refresh: JWT_REFRESH_SECRET } });

const host = new Koa();
// A parser in front is no obstacle: what it has read is taken from it, and checked alike.
host.use(bodyParser());
host.use(mount('/tasks-api', createHttpApp(app)));
host.use((ctx) => {
  if (ctx.path === '/hello') ctx.body = { greeting: `Hello ${ctx.query.name ?? 'you'}` };
});

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
