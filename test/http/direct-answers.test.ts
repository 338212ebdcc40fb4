import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createHttpApp, type LifecycleState } from '@taskapp/http';
import { atEnd } from '../support/cleanup.ts';
import { createWorld } from '../support/world.ts';

let state: LifecycleState = 'ready';
const world = await createWorld();
const server = createServer(createHttpApp(world.app, { state: () => state, corsOrigins: ['*'] }).callback());
server.listen(0, '127.0.0.1');
await once(server, 'listening');
atEnd(() => void server.close());
const { port } = server.address() as AddressInfo;
const ada = await world.user();

interface Ask {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Seen {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends what it is told and nothing besides, unlike `fetch`. */
async function send({ method, path, token = ada.bearer, body, headers }: Ask): Promise<Seen> {
  const own = { authorization: token, ...(body && { 'content-type': 'application/json' }), ...headers };
  const sent = request({ host: '127.0.0.1', port, method, path, headers: own });
  sent.end(body && JSON.stringify(body));
  const [answer] = await once(sent, 'response');
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

/** Whoever asks what has changed is answered by Koa. */
const TO_KOA = { 'if-none-match': '"none"' };

/** What differs between two answers to the same request. */
const PASSING = /^(date|x-request-id|ratelimit)$/;
const isMade = ({ method }: Ask) => method === 'POST';

/** The answer without what is of this moment, and without ids where each request makes something of its own. */
function essence(ask: Ask, { status, headers, body }: Seen) {
  const kept = Object.entries(headers).filter(([name]) => !PASSING.test(name));
  const value = (name: string, field: unknown) =>
    isMade(ask) && /^(etag|content-length)$/.test(name) ? 'some' : field;
  const json = isMade(ask) ? Object.keys(JSON.parse(body)) : body.replace(/"requestId":"[^"]+"/, '');
  return { status, headers: Object.fromEntries(kept.map(([name, field]) => [name, value(name, field)]).sort()), json };
}

test('what is written past Koa is what Koa would send, header by header', async () => {
  const task = await world.app.as(ada.actor).tasks.create({ title: 'Täglich – 毎日' });
  const [one, other] = await Promise.all(
    ['Gone', 'Gone too'].map((title) => world.app.as(ada.actor).tasks.create({ title })),
  );
  const asks: Ask[] = [
    { method: 'GET', path: '/api/tasks' },
    { method: 'GET', path: '/api/tasks?status=TODO&limit=1' },
    { method: 'GET', path: `/api/tasks/${task.id}` },
    { method: 'HEAD', path: `/api/tasks/${task.id}` },
    { method: 'GET', path: `/API/Tasks/${task.id}/` },
    { method: 'GET', path: `/api/tasks/${task.id.replace('-', '%2d')}` },
    { method: 'GET', path: '/api/users/me' },
    { method: 'PATCH', path: `/api/tasks/${task.id}`, body: {} },
    { method: 'POST', path: '/api/tasks', body: { title: 'New' } },
    { method: 'GET', path: '/api/tasks/unknown' },
    { method: 'GET', path: '/api/tasks?limit=none' },
    { method: 'GET', path: '/api/tasks', token: 'Bearer none' },
    { method: 'OPTIONS', path: '/api/tasks' },
    { method: 'PUT', path: '/api/tasks' },
    { method: 'GET', path: '/api/nothing' },
    { method: 'GET', path: '/livez' },
    { method: 'GET', path: '/docs' },
  ];
  for (const ask of asks) {
    const plain = essence(ask, await send(ask));
    const byKoa = essence(ask, await send({ ...ask, headers: TO_KOA }));
    assert.deepEqual(plain, byKoa, `${ask.method} ${ask.path}`);
  }
  const removals = [one, other].map((gone) => ({ method: 'DELETE', path: `/api/tasks/${gone!.id}` }));
  const [plain, byKoa] = [removals[0]!, { ...removals[1]!, headers: TO_KOA }];
  assert.deepEqual(essence(plain, await send(plain)), essence(byKoa, await send(byKoa)));
});

test('whoever has a part in an answer still has it: other origins, compression, what the client has', async () => {
  const ask = { method: 'GET', path: '/api/tasks' };
  const plain = await send(ask);
  assert.equal(plain.headers['access-control-allow-origin'], undefined);
  const foreign = await send({ ...ask, headers: { origin: 'https://example.com' } });
  assert.equal(foreign.headers['access-control-allow-origin'], '*');
  const known = await send({ ...ask, headers: { 'if-none-match': plain.headers.etag as string } });
  assert.deepEqual([known.status, known.body], [304, '']);
  const many = Array.from({ length: 5 }, (_, n) => world.app.as(ada.actor).tasks.create({ title: `${n}`.repeat(200) }));
  await Promise.all(many);
  const long = await send({ ...ask, headers: { 'accept-encoding': 'gzip' } });
  assert.equal(long.headers['content-encoding'], 'gzip');
  // A strong tag names these very bytes.
  const [task] = await Promise.all(many);
  const single = await send({ method: 'GET', path: `/api/tasks/${task!.id}`, headers: { 'accept-encoding': 'gzip' } });
  assert.deepEqual([single.status, single.headers['content-encoding']], [200, undefined]);
});

test('header fields that a host has set before stay', async () => {
  const own = createHttpApp(world.app);
  const host = createServer((req, res) => {
    res.setHeader('Vary', 'X-Tenant');
    res.setHeader('X-Host', 'yes');
    void own.callback()(req, res);
  });
  host.listen(0, '127.0.0.1');
  await once(host, 'listening');
  atEnd(() => void host.close());
  const sent = request({
    port: (host.address() as AddressInfo).port,
    path: '/api/tasks',
    headers: { authorization: ada.bearer },
  });
  sent.end();
  const [answer] = await once(sent, 'response');
  answer.resume();
  assert.deepEqual([answer.headers.vary, answer.headers['x-host']], ['X-Tenant, Origin, Accept-Encoding', 'yes']);
});

test('an answer that begins before a server drains, and ends after it, ends its connection', async () => {
  const ask = { method: 'GET', path: '/api/tasks' };
  const kept = request({
    host: '127.0.0.1',
    port,
    ...ask,
    headers: { authorization: ada.bearer, connection: 'keep-alive' },
  });
  const arrived = once(server, 'request');
  kept.end();
  await arrived;
  state = 'draining';
  const [answer] = await once(kept, 'response');
  answer.resume();
  assert.equal(answer.headers.connection, 'close');
  state = 'ready';
});
