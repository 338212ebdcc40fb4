import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createHttpApp, fastifyTaskApp, toFetchHandler, toNodeHandler } from '@taskapp/http';
import Fastify from 'fastify';
import Koa from 'koa';
import { createWorld } from '../support/world.ts';

const { app, user } = await createWorld();

/** A log that can be waited for. */
function createLog() {
  const lines: Record<string, unknown>[] = [];
  const write = (_message: string, fields: object = {}) => void lines.push({ ...fields });
  const until = async (matches: (line: Record<string, unknown>) => boolean) => {
    for (let tries = 0; tries < 200; tries += 1) {
      const found = lines.find(matches);
      if (found) return found;
      await pause(10);
    }
    return assert.fail(`No such line in ${JSON.stringify(lines)}`);
  };
  return { log: { debug: write, info: write, warn: write, error: write }, until };
}

/** Serves one answer of a host's own making. */
const serving = (answer: (ctx: Koa.Context) => unknown) => {
  const koa = new Koa();
  koa.use((ctx) => void answer(ctx));
  koa.silent = true;
  return toFetchHandler(koa);
};

const MEGABYTE = 2 ** 20;
const post = (body: string | ReadableStream, init: RequestInit = {}) =>
  new Request('http://x.test/api/tasks', { method: 'POST', body, duplex: 'half', ...init } as RequestInit);

describe('a fetch handler', () => {
  test('keeps every Set-Cookie, and leaves out what concerns a connection', async () => {
    const handler = serving((ctx) => {
      ctx.append('Set-Cookie', ['a=1; Path=/', 'b=2; Expires=Thu, 01 Jan 2037 00:00:00 GMT']);
      ctx.set('Connection', 'close');
      ctx.body = 'x';
    });
    const { headers } = await handler(new Request('http://x.test/'));
    assert.deepEqual(headers.getSetCookie(), ['a=1; Path=/', 'b=2; Expires=Thu, 01 Jan 2037 00:00:00 GMT']);
    assert.deepEqual([headers.get('connection'), headers.get('date')], [null, null]);
    assert.equal(headers.get('content-length'), '1');
  });

  test('hands on an answer piece by piece', async () => {
    let goOn = (): void => undefined;
    const handler = serving((ctx) => {
      async function* pieces() {
        yield 'one';
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        yield 'two';
      }
      ctx.body = Readable.from(pieces());
    });
    const { body } = await handler(new Request('http://x.test/'));
    const reader = body?.getReader();
    assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'one');
    goOn();
    assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'two');
    assert.equal((await reader?.read())?.done, true);
  });

  test('makes an answer no faster than it is read, and ends it when nobody reads on', async () => {
    let made = 0;
    const source = new Readable({
      read() {
        made += 1;
        this.push(Buffer.alloc(MEGABYTE / 16));
      },
    });
    const handler = serving((ctx) => {
      ctx.body = source;
    });
    const { body } = await handler(new Request('http://x.test/'));
    const reader = body?.getReader();
    await reader?.read();
    await pause(50);
    assert.ok(made < 32, `${made} pieces were made for one that was read`);
    const closed = once(source, 'close');
    await reader?.cancel();
    await closed;
  });

  test('reads a request no faster than it is wanted, and stops at the limit', async () => {
    const { bearer } = await user();
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        sent += 1;
        controller.enqueue(new Uint8Array(1024).fill(32));
      },
    });
    const headers = { Authorization: bearer, 'Content-Type': 'application/json' };
    const answer = await toFetchHandler(createHttpApp(app))(post(body, { headers }));
    assert.deepEqual([answer.status, sent < 64], [413, true]);
  });

  test('rejects when the client goes away while it sends; the log has it as aborted', async () => {
    const { log, until } = createLog();
    const { bearer } = await user();
    const leaving = new AbortController();
    const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{"title":')) });
    leaving.signal.addEventListener('abort', () => undefined);
    const headers = { Authorization: bearer, 'Content-Type': 'application/json' };
    const answer = toFetchHandler(createHttpApp(app, { log }))(post(body, { headers, signal: leaving.signal }));
    setTimeout(() => leaving.abort(), 50);
    await assert.rejects(answer, { name: 'AbortError' });
    const line = await until(({ status }) => status === 499);
    assert.deepEqual([line.route, line.aborted], ['/api/tasks', true]);
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) });
    await assert.rejects(toFetchHandler(createHttpApp(app))(post(broken, { headers })), /reset/);
  });

  test('rejects at once where the client has gone before', async () => {
    const request = new Request('http://x.test/livez', { signal: AbortSignal.abort() });
    await assert.rejects(toFetchHandler(createHttpApp(app))(request), { name: 'AbortError' });
  });

  test('says so where somebody has read the body before', async () => {
    const request = post('{"title":"x"}');
    await request.json();
    await assert.rejects(toFetchHandler(createHttpApp(app))(request), /body of the request was read before/);
  });

  test('asks for the address of each client, and never takes it for one of this machine', async () => {
    const handler = toFetchHandler<[{ ip: string }?]>(createHttpApp(app), { clientAddress: (_, peer) => peer?.ip });
    const ask = (path: string, ...peer: [{ ip: string }?]) => handler(new Request(`http://x.test${path}`), ...peer);
    assert.equal((await ask('/metrics', { ip: '::ffff:127.0.0.1' })).status, 200);
    assert.equal((await ask('/metrics', { ip: '203.0.113.7' })).status, 404);
    assert.equal((await ask('/metrics')).status, 404);
  });

  test('asks for HTTPS next time where the request came over it', async () => {
    const handler = toFetchHandler(createHttpApp(app));
    const askFor = async (url: string) => (await handler(new Request(url))).headers.get('strict-transport-security');
    assert.match((await askFor('https://x.test/livez')) ?? '', /max-age/);
    assert.equal(await askFor('http://x.test/livez'), null);
  });
});

describe('a base path', () => {
  const http = createHttpApp(app);
  const statusOf = async (basePath: string, path: string) =>
    (await toFetchHandler(http, { basePath })(new Request(`http://x.test${path}`))).status;

  test('may be several segments deep, end in a slash, or be none', async () => {
    for (const [basePath, path] of [
      ['/api/v1', '/api/v1/livez'],
      ['/tasks/', '/tasks/livez?verbose'],
      ['/', '/livez'],
      ['', '/livez'],
    ] as const) {
      assert.equal(await statusOf(basePath, path), 200, basePath);
    }
    for (const path of ['/livez', '/tasks', '/tasks?x', '/tasksx/livez', '/other/tasks/livez']) {
      assert.equal(await statusOf('/tasks', path), 404, path);
    }
  });

  test('that is none is refused before anything is served', async () => {
    for (const basePath of ['tasks', '/a//b', '/a?b', '/:tenant/tasks', '/[tenant]', '/a b', '//']) {
      assert.throws(() => toNodeHandler(http, { basePath }), { name: 'TypeError', message: /`basePath` must be/ });
    }
    const host = Fastify();
    host.register(fastifyTaskApp, { prefix: '/:tenant', http });
    await assert.rejects(async () => host.ready(), /`basePath` must be/);
  });
});
