import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createHttpApp } from '@taskapp/http';
import { createTaskClient, type TaskClientOptions } from '@taskapp/http/client';
import { parseRetryAfter, waitAfter } from '../../packages/http/src/client/retry.ts';
import { failureOf } from '../support/client.ts';
import { answerWith, breakConnection, type Fault, hang, loseAnswer, serveFaulty } from '../support/http-server.ts';
import { createWorld } from '../support/world.ts';

const { app, user, db } = await createWorld();
const handler = createHttpApp(app).callback();
const server = await serveFaulty(handler);

async function createClient(options: Partial<TaskClientOptions> = {}) {
  const { accessToken, as } = await user();
  server.forget();
  return { client: createTaskClient({ url: server.url, token: accessToken, ...options }), as };
}

const keys = () => server.seen.map(({ headers }) => headers['idempotency-key']);
const SOON = { 'Retry-After': '0' };
const busy = answerWith(503, SOON);

describe('repetition', () => {
  for (const status of [429, 502, 503, 504]) {
    test(`of a request that was answered ${status}`, async () => {
      const { client } = await createClient();
      server.fail(answerWith(status, SOON), answerWith(status));
      assert.deepEqual(await client.tags.list(), { tags: [] });
      assert.equal(server.seen.length, 3);
      assert.equal(new Set(server.seen.map(({ headers }) => headers['x-request-id'])).size, 1);
    });
  }

  test('carries out once what was carried out before its answer was lost', async () => {
    const { client, as } = await createClient();
    server.fail(loseAnswer, answerWith(502));
    const task = await client.tasks.create({ title: 'once' });
    assert.deepEqual((await as.tasks.list()).tasks, [task]);
    assert.equal(keys().length, 3);
    assert.equal(new Set(keys()).size, 1);
    assert.match(String(keys()[0]), /^[0-9a-f]{32}$/);
    server.fail(loseAnswer);
    const changed = await client.tasks.update({ id: task.id, title: 'twice' }, { ifMatch: task.version });
    assert.equal(changed.version, 2);
    server.fail(loseAnswer);
    await client.tasks.remove({ id: task.id });
  });

  test('gives up after as many times as it was told, with the last error', async () => {
    const { client } = await createClient({ retries: 1 });
    server.fail(...Array<Fault>(5).fill(busy));
    const error = await failureOf(client.tags.list());
    assert.deepEqual([error.code, error.kind, error.status], ['client.answer_invalid', 'unavailable', 503]);
    await failureOf(client.tags.list({}, { retries: 0 }));
    assert.equal(server.seen.length, 3);
    await client.tags.list({}, { retries: 3 });
  });

  test('waits as long as it is told to, and not past the end', async () => {
    const { client } = await createClient();
    server.fail(answerWith(429, { 'Retry-After': '1' }));
    const begin = performance.now();
    await client.tags.list();
    assert.ok(performance.now() - begin >= 1000);
    server.fail(answerWith(429, { 'Retry-After': '60' }));
    const error = await failureOf(client.tags.list());
    assert.deepEqual([error.kind, error.retryAfter, server.seen.length], ['rate_limited', 60, 3]);
    assert.ok(performance.now() - begin < 10_000);
  });

  test('leaves alone what may have happened and has no key', async () => {
    const { client } = await createClient();
    const input = () => ({ email: `r-${crypto.randomUUID()}@example.com`, password: 'Password123', name: 'x' });
    for (const fault of [answerWith(502), busy, breakConnection]) {
      server.fail(fault);
      await failureOf(client.auth.register(input()));
    }
    assert.equal(server.seen.length, 3);
    const refusal = { status: 'error', message: 'Service unavailable', code: 'http.overloaded', requestId: 'x' };
    server.fail(answerWith(503, SOON, JSON.stringify(refusal)), answerWith(429, SOON));
    assert.equal((await client.auth.register(input())).user.name, 'x');
  });

  test('and what it cannot mend', async () => {
    const { client } = await createClient();
    for (const status of [400, 403, 404, 500]) {
      server.fail(answerWith(status));
      assert.equal((await failureOf(client.tags.list())).status, status);
    }
    assert.equal(server.seen.length, 4);
  });

  test('goes on without a key where there were too many', async () => {
    const { client, as } = await createClient();
    const { id } = await client.users.me();
    await db.raw(
      `insert into taskapp.idempotency_keys (caller, key, fingerprint) select ?, 'k' || n, 'f' from generate_series(1, 1000) n`,
      [id],
    );
    server.forget();
    await client.tasks.create({ title: 'one' });
    await client.tasks.create({ title: 'two' });
    assert.deepEqual(
      keys().map((key) => key !== undefined),
      [true, false, false],
    );
    assert.equal((await as.tasks.list()).pagination.total, 2);
    const own = await failureOf(client.tasks.create({ title: 'three' }, { idempotencyKey: 'mine', retries: 0 }));
    assert.equal(own.code, 'idempotency.too_many');
  });

  test('waits longer each time, never all callers alike, and reads both forms of Retry-After', () => {
    const none = { retryAfter: undefined };
    const waits = Array.from({ length: 6 }, (_, failures) => waitAfter(failures, none));
    assert.ok(waits.every((wait, index) => wait >= 125 * 2 ** index && wait <= 250 * 2 ** index));
    assert.ok(waitAfter(20, none) <= 8000);
    assert.notEqual(waitAfter(5, none), waitAfter(5, none));
    const parse = (headers: Record<string, string>) => parseRetryAfter(new Headers(headers));
    assert.equal(parse({ 'Retry-After': '7' }), 7);
    const [date, later] = ['Sun, 01 Nov 2026 10:00:00 GMT', 'Sun, 01 Nov 2026 10:01:30 GMT'];
    assert.equal(parse({ Date: date, 'Retry-After': later }), 90);
    assert.equal(parse({ Date: later, 'Retry-After': date }), 0);
    for (const value of ['', 'soon', '-1', '1.5x'])
      assert.equal(parse({ Date: date, 'Retry-After': value }) ?? 0, 0, value);
    assert.equal(parse({}), undefined);
  });
});

describe('time', () => {
  test('of a request that hangs is limited, and the request repeated', async () => {
    const { client } = await createClient({ attemptTimeout: 1000 });
    server.fail(hang);
    assert.deepEqual(await client.tags.list(), { tags: [] });
    assert.equal(server.seen.length, 2);
  });

  test('of a call is limited in all', async () => {
    const { client } = await createClient({ timeout: 300, attemptTimeout: 100, retries: 10 });
    server.fail(...Array<Fault>(10).fill(hang));
    const begin = performance.now();
    const error = await failureOf(client.tags.list());
    assert.ok(performance.now() - begin < 5000);
    assert.deepEqual([error.code, error.kind], ['client.timeout', 'unavailable']);
  });

  test('of an answer that stops half-way too', async () => {
    const { client } = await createClient({ attemptTimeout: 100, retries: 0 });
    server.fail((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.write('{"tags":');
    });
    assert.equal((await failureOf(client.tags.list())).code, 'client.timeout');
  });

  test('ends with the signal, and nothing is sent after that', async () => {
    for (const fault of [hang, answerWith(503, { 'Retry-After': '5' })]) {
      const { client } = await createClient();
      server.fail(fault);
      const reason = new Error('enough');
      const stop = new AbortController();
      const call = client.tags.list({}, { signal: stop.signal });
      setTimeout(() => stop.abort(reason), 100);
      const error = await failureOf(call);
      assert.deepEqual([error.code, error.cause, server.seen.length], ['client.aborted', reason, 1]);
    }
    // Whatever does the fetching may not look at the signal.
    let fetched = 0;
    const { client } = await createClient({
      fetch: (url, { signal: _signal, ...init }) => {
        fetched += 1;
        return fetch(url, init);
      },
    });
    const signal = AbortSignal.abort();
    await failureOf(client.tags.list({}, { signal }));
    await failureOf(client.auth.login({ email: 'ada@example.com', password: 'x' }, { signal }));
    assert.equal(fetched, 0);
    server.fail(hang);
    const error = await failureOf(client.tags.list({}, { timeout: 100 }));
    assert.deepEqual([error.code, fetched], ['client.timeout', 1]);
  });

  test('at most six requests run at once; the others wait, and can be aborted', async () => {
    const { client } = await createClient();
    const answers: (() => void)[] = [];
    server.fail(...Array<Fault>(6).fill((_request, _response, serve) => void answers.push(serve)));
    const calls = Array.from({ length: 20 }, () => client.tags.list());
    const stop = new AbortController();
    const aborted = failureOf(client.tags.list({}, { signal: stop.signal }));
    while (server.seen.length < 6) await pause(5);
    stop.abort();
    assert.equal((await aborted).code, 'client.aborted');
    assert.equal(server.seen.length, 6);
    for (const answer of answers) answer();
    await Promise.all(calls);
    assert.equal(server.seen.length, 20);
  });
});
