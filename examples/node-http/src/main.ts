import { createServer } from 'node:http';
import { createTaskApp, migrate } from '@taskapp/core';
import { createHttpApp, toNodeHandler } from '@taskapp/http';
import knex from 'knex';

const { DATABASE_URL = '', JWT_ACCESS_SECRET = '', JWT_REFRESH_SECRET = '', PORT = '3000' } = process.env;
const db = knex({ client: 'pg', connection: DATABASE_URL });
await migrate(db);
const app = createTaskApp({ db, redis: null, secrets: { access: JWT_ACCESS_SECRET, refresh: JWT_REFRESH_SECRET } });

const serveTasks = toNodeHandler(createHttpApp(app), { basePath: '/tasks-api' });
const server = createServer((request, response) => {
  // What is not for the task app comes back.
  void serveTasks(request, response, () => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    response.writeHead(pathname === '/hello' ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ greeting: `Hello ${searchParams.get('name') ?? 'you'}` }));
  });
});
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log('Listening', server.address());
});
process.once('SIGTERM', () => {
  server.close(async () => {
    await app.close();
    await db.destroy();
  });
  server.closeIdleConnections();
});
