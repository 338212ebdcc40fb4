// The packages are ES modules, which Node 20.19 and newer load with require as well: no import(), no bundler.
const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { createServer } = require('node:http');
const { createTaskApp, isTaskAppError, migrate } = require('@taskapp/core');
const { createHttpApp } = require('@taskapp/http');
const { createTaskClient } = require('@taskapp/http/client');
const knex = require('knex');

const secret = () => randomBytes(32).toString('hex');

async function main() {
  const db = knex({ client: 'pg', connection: process.env.DATABASE_URL });
  await migrate(db);
  const app = createTaskApp({ db, redis: null, secrets: { access: secret(), refresh: secret() } });
  const { user } = await app.auth.register({}, { email: 'ada@example.com', password: 'Password123', name: 'Ada' });
  const ada = app.as({ kind: 'user', userId: user.id, role: user.role });
  const failure = await ada.tasks.create({ title: '' }).catch((error) => error);
  assert.ok(isTaskAppError(failure) && failure.code === 'input.invalid');
  await ada.tasks.create({ title: 'Buy milk' });

  const server = createServer(createHttpApp(app).callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const client = createTaskClient({ url: `http://127.0.0.1:${address.port}` });
  await client.auth.login({ email: 'ada@example.com', password: 'Password123' });
  const { tasks } = await client.tasks.list();
  server.close();
  await app.close();
  await db.destroy();
  console.log('From CommonJS:', tasks.map(({ title }) => title).join());
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
