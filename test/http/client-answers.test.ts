import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { createHttpApp } from '@taskapp/http';
import { createTaskClient, keepInMemory, type TaskClientOptions } from '@taskapp/http/client';
import { failureOf } from '../support/client.ts';
import { answerWith, serveFaulty } from '../support/http-server.ts';
import { createWorld, PASSWORD } from '../support/world.ts';

const { app, user } = await createWorld();
const handler = createHttpApp(app).callback();
const server = await serveFaulty(handler);

async function createClient(options: Partial<TaskClientOptions> = {}) {
  const { accessToken } = await user();
  server.forget();
  return { client: createTaskClient({ url: server.url, token: accessToken, ...options }) };
}

/** Where a server has just been. */
async function closedUrl(): Promise<string> {
  const past = createServer().listen(0, '127.0.0.1');
  await once(past, 'listening');
  const { port } = past.address() as AddressInfo;
  past.close();
  await once(past, 'close');
  return `http://127.0.0.1:${port}`;
}

describe('answers', () => {
  test('that never come are network errors that say why, with a request id', async () => {
    const gone = createTaskClient({ url: await closedUrl(), retries: 0 });
    const error = await failureOf(gone.tags.list());
    assert.deepEqual([error.code, error.kind, error.status], ['client.network', 'unavailable', undefined]);
    assert.equal(error.message, 'The server cannot be reached (ECONNREFUSED)');
    assert.match(error.requestId, /^[0-9a-f]{32}$/);
    assert.ok(error.cause instanceof Error);
    const odd = createTaskClient({ url: server.url, retries: 0, fetch: () => Promise.reject(undefined) });
    assert.equal((await failureOf(odd.tags.list())).code, 'client.network');
  });

  test('that break off are repeated', async () => {
    const { client } = await createClient();
    server.fail((request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      response.write('{"tags":');
      setTimeout(() => request.socket.destroy(), 20);
    });
    assert.deepEqual(await client.tags.list(), { tags: [] });
  });

  test('of something else than a task app are refused', async () => {
    const { client } = await createClient();
    for (const body of ['<h1>Welcome</h1>', '"text"', '', 'null']) {
      server.fail(answerWith(200, {}, body));
      const error = await failureOf(client.tags.list());
      assert.deepEqual([error.code, error.status], ['client.answer_invalid', 200], body);
    }
    server.fail(answerWith(200));
    assert.equal((await failureOf(client.tags.remove({ id: crypto.randomUUID() }))).code, 'client.answer_invalid');
  });

  test('that are too large are not read to their end', async () => {
    const { client } = await createClient();
    let [sent, isCut] = [0, false];
    server.fail((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const more = () => {
        while (!isCut && sent < 1000 && response.write(chunk)) sent += 1;
      };
      response.on('drain', more).on('close', () => {
        isCut = true;
      });
      more();
    });
    assert.equal((await failureOf(client.tags.list())).code, 'client.answer_too_large');
    assert.ok(sent < 200, `${sent} MB were sent`);
  });

  test('that lead elsewhere are not followed, so that no token gets there', async () => {
    const { client } = await createClient();
    const stranger = await serveFaulty(handler);
    for (const status of [301, 302, 307, 308]) {
      server.fail(answerWith(status, { Location: `${stranger.url}/api/tags` }));
      const error = await failureOf(client.tags.list());
      assert.equal(error.code, 'client.redirected');
      assert.ok(error.message.includes(stranger.url));
    }
    assert.deepEqual([server.seen.length, stranger.seen.length], [4, 0]);
  });
});

describe('the URL', () => {
  test('may have a path, below which the server is mounted', async () => {
    const mounted = await serveFaulty((request, response) => {
      request.url = request.url?.replace(/^\/deep\/down/, '');
      handler(request, response);
    });
    const { accessToken } = await user();
    for (const url of [
      `${mounted.url}/deep/down`,
      `${mounted.url}/deep/down/?x#y`,
      new URL('/deep/down/', mounted.url),
    ]) {
      assert.deepEqual(await createTaskClient({ url, token: accessToken }).tags.list(), { tags: [] });
    }
    assert.equal(mounted.seen[0]?.url, '/deep/down/api/tags');
  });

  test('must be one of a server, and numbers must make sense', () => {
    for (const url of ['', 'localhost:3000', 'ftp://x', 'https://ada:secret@example.com']) {
      assert.throws(() => createTaskClient({ url }), TypeError, url);
    }
    for (const wrong of [{ retries: Number.NaN }, { retries: -1 }, { timeout: 0 }, { maxConcurrent: 0 }]) {
      assert.throws(() => createTaskClient({ url: server.url, ...wrong }), TypeError);
    }
  });

  test('and headers of one own are sent', async () => {
    const { client } = await createClient({ headers: { 'X-Gateway': 'key', Accept: 'text/html' }, userAgent: 'me/1' });
    await client.tags.list();
    const { headers } = server.seen[0] ?? {};
    assert.deepEqual(
      [headers?.['x-gateway'], headers?.accept, headers?.['user-agent']],
      ['key', 'application/json', 'me/1'],
    );
  });
});

describe('a token from elsewhere', () => {
  test('is sent as it is, and a function is asked again when it was refused', async () => {
    const { accessToken } = await user();
    const fixed = createTaskClient({ url: server.url, token: 'a.b.c' });
    assert.equal((await failureOf(fixed.users.me())).code, 'auth.token_invalid');
    const given = ['a.b.c', accessToken];
    const token = () => (given.length > 1 ? given.shift() : given[0]) ?? '';
    assert.equal((await createTaskClient({ url: server.url, token }).users.me()).name, 'Ada');
    assert.throws(() => createTaskClient({ url: server.url, token, tokens: keepInMemory() }), TypeError);
  });

  test('is not sent where nobody is asked for one', async () => {
    const { email } = await user();
    const { client } = await createClient();
    await client.auth.login({ email, password: PASSWORD });
    assert.equal(server.seen[0]?.headers.authorization, undefined);
  });
});
