import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { createHttpApp } from '@taskapp/http';
import Koa from 'koa';
import supertest from 'supertest';
import { createWorld } from '../support/world.ts';

const { app, http, user } = await createWorld();
const { bearer } = await user();

/** Sends bytes as they are: supertest would make JSON of them. */
function send(body: string | Buffer, headers: Record<string, string> = {}) {
  const request = http
    .post('/api/tasks')
    .set({ Authorization: bearer, 'Content-Type': 'application/json', ...headers });
  request.serialize((value) => value as unknown as string);
  return request.send(body as string);
}

const TASK = '{"title":"x"}';

describe('a body', () => {
  test('may be compressed, and is limited after it', async () => {
    assert.equal((await send(gzipSync(TASK), { 'Content-Encoding': 'gzip' })).status, 201);
    assert.equal((await send(deflateSync(TASK), { 'Content-Encoding': 'deflate' })).status, 201);
    assert.equal((await send(brotliCompressSync(TASK), { 'Content-Encoding': 'br' })).status, 201);
    const bomb = gzipSync(Buffer.alloc(20_000_000, 32));
    const { status, body } = await send(bomb, { 'Content-Encoding': 'gzip' });
    assert.deepEqual([status, body.code], [413, 'http.body_too_large']);
  });

  test('that is broken, cut off or encoded otherwise is refused', async () => {
    const cut = await send(gzipSync(TASK).subarray(0, 12), { 'Content-Encoding': 'gzip' });
    assert.deepEqual([cut.status, cut.body.code], [400, 'http.malformed_request']);
    const plain = await send(TASK, { 'Content-Encoding': 'gzip' });
    assert.equal(plain.status, 400);
    const unknown = await send(TASK, { 'Content-Encoding': 'compress' });
    assert.deepEqual([unknown.status, unknown.body.code], [415, 'http.unsupported_media_type']);
    assert.equal(unknown.headers['accept-encoding'], 'gzip, deflate, br');
  });

  test('holds 10 kB and not a byte more, and a larger one closes the connection', async () => {
    const padded = (bytes: number) => `${TASK}${' '.repeat(bytes - TASK.length)}`;
    assert.equal((await send(padded(10_240))).status, 201);
    const { status, body, headers } = await send(padded(10_241));
    assert.deepEqual([status, body.message], [413, 'Request body too large']);
    assert.equal(headers.connection, 'close');
  });

  test('is JSON in UTF-8', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1']) {
      const { status, body, headers } = await send(TASK, { 'Content-Type': type });
      assert.deepEqual([status, body.message], [415, 'Unsupported media type'], type);
      assert.equal(headers.accept, 'application/json');
    }
    assert.equal((await send(TASK, { 'Content-Type': 'Application/JSON; charset="UTF-8"' })).status, 201);
    assert.equal((await send(`\uFEFF${TASK}`)).status, 201);
    const invalid = await send(Buffer.from('{"title":"\xff"}', 'latin1'));
    assert.deepEqual([invalid.status, invalid.body.errors], [400, ['body: Must be UTF-8']]);
    assert.equal((await send(Buffer.from(TASK, 'utf16le'))).status, 400);
  });

  test('that is no JSON is a 400', async () => {
    for (const text of ['{', '{"title":}', "{'title':'x'}", '{"title":"x"} x', 'nope', '{"a":1,}']) {
      const { status, body } = await send(text);
      assert.deepEqual([status, body.message, body.code], [400, 'Malformed JSON', 'http.malformed_json'], text);
    }
  });

  test('is an object of bounded size without repeated or meaningful keys', async () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    const members = (count: number) => `{"a":[${Array(count).fill('0').join(',')}]}`;
    const cases: [text: string, error: string][] = [
      ['null', 'body: Must be a JSON object'],
      ['[]', 'body: Must be a JSON object'],
      ['"x"', 'body: Must be a JSON object'],
      ['{"title":"x","title":"y"}', 'body.title: Given more than once'],
      ['{"title":"x","t\\u0069tle":"y"}', 'body.title: Given more than once'],
      ['{"tagIds":[0,{"a":1,"a":2}]}', 'body.tagIds.1.a: Given more than once'],
      ['{"__proto__":{"role":"ADMIN"}}', 'body.__proto__: Unrecognized key'],
      ['{"\\u005f_proto__":1}', 'body.__proto__: Unrecognized key'],
      ['{"a":{"constructor":1}}', 'body.a.constructor: Unrecognized key'],
      [nested(17), 'body: Must not be nested more than 16 levels deep'],
      [nested(5000), 'body: Must not be nested more than 16 levels deep'],
      [members(501), 'body: Must not have more than 500 members'],
    ];
    for (const [text, error] of cases) {
      const { status, body } = await send(text);
      assert.deepEqual([status, body.message, body.errors], [400, 'Validation failed', [error]], text.slice(0, 50));
    }
    assert.deepEqual((await send(nested(16))).body.errors.at(-1), 'body.a: Unrecognized key');
    assert.equal((await send('{"title":"a \\"key\\": {[,"}')).status, 201);
  });

  test('may be missing where no field is required', async () => {
    assert.equal((await http.post('/api/auth/logout-all?scope=others').set('Authorization', bearer)).status, 204);
    const { status, body } = await http.post('/api/tasks').set('Authorization', bearer);
    assert.deepEqual([status, body.errors], [400, ['body.title: Title is required']]);
  });

  test('cannot say which resource is addressed', async () => {
    const task = (await send(TASK)).body;
    const { status, body } = await http
      .patch(`/api/tasks/${task.id}`)
      .set('Authorization', bearer)
      .send({ id: task.id, title: 'y' });
    assert.deepEqual([status, body.errors], [400, ['body.id: Unrecognized key']]);
  });
});

describe('a body that the host has parsed', () => {
  const koa = createHttpApp(app).callback();

  /** Answers one request the way a host does whose parser ran before. */
  async function sendParsed(prepare: (request: object) => void, text = TASK) {
    const server = createServer((request, response) => {
      request.resume().once('end', () => {
        prepare(request);
        void koa(request, response);
      });
    });
    await once(server.listen(0), 'listening');
    const { port } = server.address() as AddressInfo;
    const headers = { Authorization: bearer, 'Content-Type': 'application/json' };
    const answer = await fetch(`http://127.0.0.1:${port}/api/tasks`, { method: 'POST', headers, body: text });
    const body = (await answer.json()) as { title?: string; errors?: string[] };
    server.close();
    return { status: answer.status, body };
  }

  test('is taken from req.body and checked alike', async () => {
    const parsed = await sendParsed((request) => Object.assign(request, { body: { title: 'parsed' } }));
    assert.deepEqual([parsed.status, parsed.body.title], [201, 'parsed']);
    const raw = await sendParsed((request) => Object.assign(request, { body: Buffer.from(TASK) }));
    assert.equal(raw.status, 201);
    const evil = await sendParsed((request) => Object.assign(request, { body: JSON.parse('{"__proto__":1}') }));
    assert.deepEqual(evil.body.errors, ['body.__proto__: Unrecognized key']);
    const twice = await sendParsed((request) => Object.assign(request, { body: '{"title":"x","title":"y"}' }));
    assert.deepEqual(twice.body.errors, ['body.title: Given more than once']);
    const large = await sendParsed((request) => Object.assign(request, { body: { title: 'x'.repeat(10_240) } }));
    assert.equal(large.status, 413);
  });
});

test('a body that a parser in the host has left alone is read', async () => {
  const host = new Koa();
  host.use((ctx, next) => {
    Object.assign(ctx.request, { body: {} });
    return next();
  });
  for (const middleware of createHttpApp(app).middleware) host.use(middleware);
  const made = await supertest(host.callback()).post('/api/tasks').set('Authorization', bearer).send({ title: 'x' });
  assert.deepEqual([made.status, made.body.title], [201, 'x']);
});

test('a client that goes away in the middle of its body is no error', async () => {
  const lines: [message: string, meta: Record<string, unknown>][] = [];
  const write = (message: string, meta: object = {}) => lines.push([message, meta as Record<string, unknown>]);
  const info = (message: string, meta: object) => {
    write(message, meta);
    server.emit('logged');
  };
  const log = { debug: write, info, warn: write, error: write };
  const server = createServer(createHttpApp(app, { log }).callback());
  await once(server.listen(0), 'listening');
  const head = (encoding: string) =>
    `POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: ${bearer}\r\nContent-Type: application/json\r\n` +
    `Content-Length: 100\r\nContent-Encoding: ${encoding}\r\n\r\n`;
  const parts = { identity: Buffer.from('{"ti'), gzip: gzipSync(TASK).subarray(0, 12) };
  for (const [encoding, part] of Object.entries(parts)) {
    const socket: Socket = connect((server.address() as AddressInfo).port);
    await once(socket, 'connect');
    socket.write(Buffer.concat([Buffer.from(head(encoding)), part]));
    await once(server, 'request');
    await pause(100);
    const closed = once(server, 'logged');
    socket.destroy();
    await closed;
  }
  const requests = lines.filter(([message]) => message === 'request');
  assert.deepEqual(
    requests.map(([, { status, aborted }]) => [status, aborted]),
    [
      [499, true],
      [499, true],
    ],
  );
  assert.deepEqual(
    lines.filter(([message]) => message.startsWith('Request')),
    [],
  );
  server.close();
});
