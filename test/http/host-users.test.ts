import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { before, test } from 'node:test';
import { createTaskApp, type Logger, silent } from '@taskapp/core';
import { createHttpApp, createOpenApi } from '@taskapp/http';
import supertest from 'supertest';
import { atEnd } from '../support/cleanup.ts';
import { createHost } from '../support/host.ts';

const cookieOf = ({ headers }: IncomingMessage) => /(?:^|; )sid=([^;]*)/.exec(headers.cookie ?? '')?.[1];
/** What the log said. */
const lines: object[] = [];
const log: Logger = {
  ...silent,
  info: (_message, meta = {}) => void lines.push(meta),
  error: (_m, meta = {}) => void lines.push(meta),
};

let host: Awaited<ReturnType<typeof createHost>>;
let http: ReturnType<typeof supertest>;
before(async () => {
  host = await createHost();
  const { db, find } = host;
  const authenticate = (request: IncomingMessage) => {
    const cookie = cookieOf(request);
    if (cookie === 'broken') throw new Error('The store of sessions is away');
    return cookie?.startsWith('id:') ? { id: cookie.slice(3) } : cookie;
  };
  const app = createTaskApp({ db, redis: null, users: { find, authenticate }, rateLimit: { user: 8 } });
  atEnd(app.close);
  http = supertest(createHttpApp(app, { log }).callback());
});

const as = (userId: string) => ({ Cookie: `theme=dark; sid=${userId}` });

test('the session of the host is what counts', async () => {
  const ada = await host.hire(host.db);
  const made = await http.post('/api/tasks').set(as(ada)).send({ title: 'Buy milk' });
  assert.deepEqual([made.status, made.body.userId], [201, ada]);
  const listed = await http.get('/api/tasks').set(as(ada));
  assert.deepEqual([listed.body.tasks, listed.body.pagination.total], [[made.body], 1]);
  const again = await http
    .get('/api/tasks')
    .set(as(ada))
    .set('If-None-Match', listed.headers.etag ?? '');
  assert.equal(again.status, 304);
  const grace = await host.hire(host.db);
  assert.equal((await http.get(`/api/tasks/${made.body.id}`).set(as(grace))).status, 403);
  assert.ok(lines.some((line) => 'userId' in line && line.userId === ada && !('sessionId' in line && line.sessionId)));
});

test('nobody comes in without one, and nobody whom the host locks out', async () => {
  const locked = await host.hire(host.db, { locked: true });
  for (const headers of [{}, as(''), as('4711'), as(locked), { Authorization: 'Bearer abc' }]) {
    const { status, body } = await http.get('/api/tasks').set(headers);
    assert.deepEqual([status, body.code, body.message], [401, 'auth.sign_in_required', 'Sign in first']);
  }
  const ada = await host.hire(host.db);
  assert.equal((await http.get('/api/tasks').set(as(ada))).status, 200);
  await host.db('people').where('id', ada).update({ locked: true });
  assert.equal((await http.get('/api/tasks').set(as(ada))).status, 401);
});

test('the role is the one that the host tells at this moment', async () => {
  const ada = await host.hire(host.db);
  const events = () => http.get('/api/events').set(as(ada));
  assert.deepEqual([(await events()).status, (await events()).body.code], [403, 'auth.admin_required']);
  await host.db('people').where('id', ada).update({ admin: true });
  assert.equal((await events()).status, 200);
});

test('where the host tells more than an id, nothing is looked up', async () => {
  const count = host.asked.length;
  assert.equal((await http.post('/api/tasks').set(as('id:somebody')).send({ title: 'x' })).body.userId, 'somebody');
  assert.equal(host.asked.length, count);
});

test('what the host throws is its own failure, and says nothing outside', async () => {
  const { status, body } = await http.get('/api/tasks').set(as('broken'));
  assert.deepEqual([status, body.code, body.message], [500, 'internal.error', 'Internal server error']);
  assert.ok(lines.some((line) => 'error' in line && /store of sessions/.test(String(line.error))));
});

test('the budget is that of the person', async () => {
  const ada = await host.hire(host.db);
  const statuses = [];
  for (let n = 0; n < 9; n += 1) statuses.push((await http.get('/api/tags').set(as(ada))).status);
  assert.deepEqual(statuses, [...Array(8).fill(200), 429]);
  assert.equal((await http.get('/api/tags').set(as(await host.hire(host.db)))).status, 200);
});

test('a form of another site can do nothing with a cookie', async () => {
  const ada = as(await host.hire(host.db));
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
    assert.equal((await http.post('/api/tasks').set(ada).type(type).send('{"title":"x"}')).status, 415);
  assert.equal((await http.get('/api/tasks').set(ada)).body.pagination.total, 0);
});

test('there are no routes for accounts, and the document knows none', async () => {
  for (const path of ['/api/auth/login', '/api/users/me', '/api/users', '/api/sessions'])
    assert.deepEqual([path, (await http.get(path)).body.code], [path, 'http.route_not_found']);
  const { body } = await http.get('/openapi.json');
  const paths = Object.keys(body.paths).filter((path) => path.startsWith('/api/'));
  assert.deepEqual([...new Set(paths.map((path) => path.split('/')[2]))], ['tasks', 'tags', 'events']);
  const get = body.paths['/api/tasks'].get;
  assert.deepEqual([get.security, body.components.securitySchemes], [undefined, undefined]);
  assert.match(get.responses[401].description, /^Unauthorized: `auth.sign_in_required`$/);
  assert.deepEqual(Object.keys(get.responses[401].content['application/json'].examples), ['auth.sign_in_required']);
  assert.doesNotMatch(JSON.stringify(body.components.schemas.Task.properties.userId), /uuid/);
  assert.match(body.info.description, /Sign in to the app that this is a part of/);
  assert.ok(createOpenApi().paths?.['/api/auth/login']);
});

test('an app that has nobody to ask is not served', () => {
  assert.throws(() => createHttpApp(host.app), /users\.authenticate/);
});
