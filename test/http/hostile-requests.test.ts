import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { createHttpApp } from '@taskapp/http';
import supertest from 'supertest';
import { trackConnections } from '../../packages/http/src/connections.ts';
import { listen } from '../../packages/http/src/listener.ts';
import { atEnd } from '../support/cleanup.ts';
import { createWorld } from '../support/world.ts';

const { app, http, user } = await createWorld();
const { bearer } = await user();
const { port, close } = await listen(createHttpApp(app).callback(), { host: '127.0.0.1', port: 0 });
atEnd(() => close(0));

/** A client that asks and does not read. */
async function connectDeaf(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.pause();
  atEnd(() => socket.destroy());
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
}

async function answerTo(request: string): Promise<{ head: string; body: Record<string, unknown> }> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(request);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { head, body: JSON.parse(body) };
}

describe('the head of a request', () => {
  test('names one host', async () => {
    const { head, body } = await answerTo('GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 400 /);
    assert.deepEqual(body.errors, ['headers.Host: Given more than once']);
  });

  test('does not ask for a tunnel', async () => {
    const { head, body } = await answerTo('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 405 [\s\S]*\r\nAllow: GET/);
    assert.deepEqual([body.status, body.code], ['error', 'http.method_not_allowed']);
  });

  test('names an encoding that exists, not a thing that JavaScript has', async () => {
    for (const encoding of ['constructor', 'toString', '__proto__', 'gzip, gzip']) {
      const { status, body } = await http
        .post('/api/tasks')
        .set({ Authorization: bearer, 'Content-Encoding': encoding })
        .send({ title: 'x' });
      assert.deepEqual([status, body.code], [415, 'http.unsupported_media_type'], encoding);
    }
  });

  test('is believed about TLS from a trusted peer only', async () => {
    const hsts = async (trustProxy: string[]) => {
      const agent = supertest(createHttpApp(app, { trustProxy }).callback());
      return (await agent.get('/livez').set('X-Forwarded-Proto', 'https')).headers['strict-transport-security'];
    };
    assert.match((await hsts(['127.0.0.1', '::1'])) ?? '', /^max-age=/);
    assert.equal(await hsts(['10.0.0.0/8']), undefined);
  });

  test('may not have an empty If-Match', async () => {
    const task = await http.post('/api/tasks').set('Authorization', bearer).send({ title: 'x' });
    const { status, body } = await http
      .patch(`/api/tasks/${task.body.id}`)
      .set({ Authorization: bearer, 'If-Match': '' })
      .send({ title: 'y' });
    assert.deepEqual([status, body.code], [400, 'http.malformed_request']);
  });
});

describe('an answer', () => {
  test('that is not read is not kept for ever', async () => {
    const large = Buffer.alloc(64 * 1024 * 1024);
    const server = createServer((_request, response) => response.end(large));
    trackConnections(server, 200);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(() => server.close());
    const [socket] = await Promise.all([
      once(server, 'connection'),
      connectDeaf((server.address() as AddressInfo).port),
    ]);
    const started = performance.now();
    await once(socket[0], 'close');
    assert.ok(performance.now() - started < 5000);
  });

  test('lists twenty problems at most, wherever they are', async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, number) => [`id${number}`, 1]));
    const post = await http.post('/api/tasks').set('Authorization', bearer).send(many);
    assert.deepEqual([post.status, post.body.errors.length], [400, 20]);
    const query = Array.from({ length: 20 }, (_, number) => `x${number}=1`).join('&');
    const spread = await http.delete(`/api/auth/sessions/x?${query}`).set('Authorization', bearer).send({ id: 1 });
    assert.deepEqual([spread.status, spread.body.errors.length], [400, 20]);
  });

  test('to a query of more than twenty parameters says so and nothing else', async () => {
    for (const query of [Array(21).fill('page=1').join('&'), Array.from({ length: 21 }, (_, n) => `x${n}=1`).join('&')])
      for (const call of [http.get(`/api/tasks?${query}`), http.post(`/api/tasks?${query}`)]) {
        const { status, body } = await call.set('Authorization', bearer);
        assert.deepEqual([status, body.errors], [400, ['query: Must not have more than 20 parameters']]);
      }
  });
});
