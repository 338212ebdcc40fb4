import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { createHttpApp } from '@taskapp/http';
import Koa from 'koa';
import compose from 'koa-compose';
import supertest from 'supertest';
import { createWorld } from '../support/world.ts';

const { app, user } = await createWorld();

/** What koa-mount does. */
function mountInKoa(prefix: string, guest: Koa): Koa {
  const host = new Koa();
  const run = compose(guest.middleware);
  host.use(async (ctx, next) => {
    if (!ctx.path.startsWith(prefix)) return next();
    const { path } = ctx;
    ctx.path = path.slice(prefix.length) || '/';
    await run(ctx, next);
    ctx.path = path;
  });
  host.use((ctx) => {
    ctx.body = 'host';
  });
  return host;
}

/** What Express does: the prefix is taken off the URL and kept in `originalUrl`. */
function mountInExpress(prefix: string, guest: Koa) {
  const handle = guest.callback();
  return createServer((request: IncomingMessage & { originalUrl?: string }, response) => {
    if (!request.url?.startsWith(prefix)) return response.end('host');
    request.originalUrl = request.url;
    request.url = request.url.slice(prefix.length) || '/';
    return void handle(request, response);
  });
}

const hosts = {
  Koa: () => mountInKoa('/tasks-api', createHttpApp(app)).callback(),
  Express: () => mountInExpress('/tasks-api', createHttpApp(app)),
};

for (const [name, createHost] of Object.entries(hosts)) {
  describe(`mounted in ${name} below a prefix`, () => {
    const http = supertest(createHost());

    test('operations work, and errors keep their shape', async () => {
      const { bearer } = await user();
      const made = await http.post('/tasks-api/api/tasks').set('Authorization', bearer).send({ title: 'mounted' });
      assert.deepEqual([made.status, made.body.title], [201, 'mounted']);
      const missing = await http.get('/tasks-api/nope').set('X-Request-Id', 'abc');
      assert.deepEqual([missing.status, missing.body.message, missing.body.requestId], [404, 'Route not found', 'abc']);
      assert.equal((await http.put('/tasks-api/api/tasks')).headers.allow?.includes('POST'), true);
    });

    test('leaves the host alone', async () => {
      const { text: answer, headers } = await http.get('/elsewhere');
      assert.deepEqual([answer, headers['x-request-id']], ['host', undefined]);
    });

    test('the documents find each other', async () => {
      const { text: page } = await http.get('/tasks-api/docs');
      assert.match(page, /href="openapi\.json"/);
      const { body } = await http.get('/tasks-api/openapi.json');
      assert.equal(body.servers[0].url, '.');
    });
  });
}

test('two apps in one process do not mix', async () => {
  const other = await createWorld();
  const [one, two] = [supertest(createHttpApp(app).callback()), other.http];
  const { bearer } = await user();
  assert.equal((await one.get('/api/users/me').set('Authorization', bearer)).status, 200);
  assert.equal((await two.get('/api/users/me').set('Authorization', bearer)).status, 401);
});

test('an app that is made and dropped leaves nothing that keeps the process alive', async () => {
  const script = `
    import { createTaskApp } from '@taskapp/core';
    import { createHttpApp } from '@taskapp/http';
    import knex from 'knex';
    const db = knex({ client: 'pg', connection: 'postgres://nobody@127.0.0.1:1/none' });
    const secrets = { access: 'access-0123456789-abcdefghijklmnopqrst', refresh: 'refresh-0123456789-abcdefghijklmnopqrs' };
    const app = createTaskApp({ db, redis: null, secrets });
    createHttpApp(app).callback();
    await app.close();
    console.log('end');`;
  const flags = ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', script];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 20_000 });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.deepEqual([code, output.trim()], [0, 'end']);
});
