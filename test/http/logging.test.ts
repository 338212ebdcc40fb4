import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { createHttpApp, createLogger, type LogOptions } from '@taskapp/http';
import supertest from 'supertest';
import { translateDatabaseError } from '../../packages/core/src/kernel/database-errors.ts';
import { createWorld } from '../support/world.ts';

/** Takes off the colours that the log itself sets, and no other sequence. */
const withoutColours = (written: string) =>
  ['31', '33', '32', '90', '39'].reduce((rest, colour) => rest.replaceAll(`\u001b[${colour}m`, ''), written);

type Line = Record<string, unknown> & { error?: Record<string, unknown> };

/** A logger and what it has written, once closed. */
function capture(options: Partial<LogOptions> = {}) {
  const stream = new PassThrough();
  const log = createLogger({ level: 'debug', format: 'json', ...options, stream });
  const written = async () => {
    await log.close();
    stream.end();
    return text(stream);
  };
  const lines = async () =>
    (await written())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  return { log, written, lines };
}

describe('the log', () => {
  test('has one JSON object a line, whatever is logged', async () => {
    const { log, lines } = capture();
    log.info('evil\n{"level":"error"}\u2028\u0085\u202e', { path: '/\r\nfake', big: 1n, message: 'mine', level: 'x' });
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    log.warn('circular', circular);
    const [line, second] = await lines();
    assert.deepEqual([line?.level, line?.service, line?.path, line?.big], ['info', 'taskapp', '/\r\nfake', '1']);
    assert.deepEqual([line?.message, line?.detail], ['evil\n{"level":"error"}\u2028\u0085\u202e', 'mine']);
    assert.match(String(line?.timestamp), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.equal(second?.message, 'circular');
  });

  test('escapes what a terminal would obey', async () => {
    for (const format of ['json', 'pretty'] as const) {
      const { log, written } = capture({ format });
      log.error('\u001b[2J\u0085\u202e', { '\u009b': '\u2028', error: new Error('a\nb\u001b[2J') });
      const plain = withoutColours(await written());
      assert.doesNotMatch(plain.replaceAll('\n', ''), /[\p{Cc}\u2028\u202e]/u);
      assert.doesNotMatch(plain, /^b/m);
    }
  });

  test('keeps of an error its name, message, code, stack and cause, and nothing that hangs on it', async () => {
    const { log, lines } = capture();
    const cause = Object.assign(new TypeError('inner'), { code: 'E_INNER' });
    const error = Object.assign(new Error('outer', { cause }), { config: { headers: { authorization: 'canary' } } });
    log.error('failed', { error });
    const [line] = await lines();
    assert.deepEqual(Object.keys(line?.error ?? {}), ['name', 'message', 'stack', 'cause']);
    const inner = line?.error?.cause as Record<string, unknown>;
    assert.deepEqual([inner.name, inner.message, inner.code], ['TypeError', 'inner', 'E_INNER']);
    assert.ok(!JSON.stringify(line).includes('canary'));
  });

  test('leaves out secrets by the names of their fields, and the credentials of URLs', async () => {
    const { log, written } = capture();
    const names = ['password', 'newPassword', 'refreshToken', 'Authorization', 'set-cookie', 'jwtSecret', 'email'];
    log.info('x', { deep: Object.fromEntries(names.map((name) => [name, 'canary'])), password: { a: 'canary' } });
    log.info('y', { error: new Error('connect postgres://app:canary@db:5432/x') });
    assert.ok(!(await written()).includes('canary'));
  });

  test('writes nothing below its level', async () => {
    const { log, lines } = capture({ level: 'warn' });
    log.debug('no');
    log.info('no');
    log.warn('yes');
    assert.deepEqual(
      (await lines()).map(({ message }) => message),
      ['yes'],
    );
  });

  test('drops lines that nobody reads, and says how many once somebody does', async () => {
    const seen: string[] = [];
    let release = () => {};
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        seen.push(chunk.toString());
        if (seen.length > 1) done();
        else release = done;
      },
    });
    const log = createLogger({ level: 'info', format: 'json', stream });
    const detail = 'x'.repeat(1000);
    for (let n = 0; n < 3000; n += 1) log.info('unread', { detail });
    log.debug('below the level');
    assert.ok(stream.writableLength < 1.1 * 1024 * 1024, `${stream.writableLength} bytes wait`);
    release();
    while (stream.writableLength > 0) await once(stream, 'drain');
    log.info('read again');
    await log.close();
    const lines = seen
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const [report, last] = lines.slice(-2);
    assert.deepEqual([report?.level, last?.message], ['warn', 'read again']);
    assert.equal(report?.dropped, 3000 - (lines.length - 2));
    assert.ok(lines.length < 1200);
  });

  test('survives a reader that goes away', async () => {
    const script = `
      import { createLogger } from '@taskapp/http';
      const log = createLogger({ level: 'info', format: 'json' });
      for (let line = 0; line < 2000; line += 1) {
        log.info('x'.repeat(1000));
        await new Promise((resolve) => setImmediate(resolve));
      }
      console.error('done');`;
    const flags = ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', script];
    const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.once('data', () => child.stdout.destroy());
    const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    assert.deepEqual([code, errors.trim()], [0, 'done']);
  });
});

describe('the access log', async () => {
  const { app, user } = await createWorld();
  const serve = () => {
    const captured = capture();
    return { ...captured, agent: supertest(createHttpApp(app, { log: captured.log }).callback()) };
  };

  test('has one line for each request, with the route and never the path', async () => {
    const { agent, lines } = serve();
    const { bearer, id } = await user();
    await agent.get(`/api/tasks/${id}?page=1`).set({ Authorization: bearer, 'X-Request-Id': 'one' });
    await agent.get('/secret/canary@example.com').set('X-Request-Id', 'two');
    await agent.post('/api/auth/login').send('{').set({ 'Content-Type': 'application/json', 'X-Request-Id': 'three' });
    await agent.options('/api/tasks').set({ Origin: 'https://x.example', 'Access-Control-Request-Method': 'POST' });
    const all = await lines();
    assert.deepEqual(
      all.map(({ requestId, method, route, status, userId }) => [requestId, method, route, status, userId]).slice(0, 3),
      [
        ['one', 'GET', '/api/tasks/:id', 400, id],
        ['two', 'GET', 'unmatched', 404, undefined],
        ['three', 'POST', '/api/auth/login', 400, undefined],
      ],
    );
    assert.equal(all.length, 4);
    for (const { ms, bytes, ip, message } of all) {
      assert.ok(typeof ms === 'number' && typeof bytes === 'number' && bytes > 0);
      assert.deepEqual([message, typeof ip], ['request', 'string']);
    }
    assert.ok(!JSON.stringify(all).includes('canary'));
  });

  test('never repeats what a request carries', async () => {
    const { agent, written } = serve();
    const canary = 'canary-7f3a';
    await agent
      .post(`/api/tasks?x=${canary}`)
      .set({ Authorization: `Bearer ${canary}`, Cookie: canary, 'User-Agent': canary, Referer: canary })
      .send({ title: canary });
    await agent.post('/api/auth/login').send({ email: `${canary}@example.com`, password: canary });
    await agent.post('/api/auth/refresh').send({ refreshToken: canary });
    assert.ok(!(await written()).includes(canary));
  });
});

test('an unexpected failure is logged with its stack and the request id, and says nothing outside', async () => {
  const { app, user } = await createWorld();
  const { bearer } = await user();
  const { log, lines } = capture();
  const broken = { ...app, access: { ...app.access, authenticate: () => Promise.reject(new Error('canary /etc/x')) } };
  const { status, body } = await supertest(createHttpApp(broken, { log }).callback())
    .get('/api/tasks')
    .set({ Authorization: bearer, 'X-Request-Id': 'abc' });
  assert.equal(status, 500);
  assert.deepEqual(body, {
    status: 'error',
    message: 'Internal server error',
    code: 'internal.error',
    requestId: 'abc',
  });
  const failure = (await lines()).find(({ message }) => message === 'Request failed');
  assert.equal(failure?.requestId, 'abc');
  assert.match(String(failure?.error?.stack), /canary.*\n.*logging\.test\.ts/);
});

test('a value that only the database refused is the caller’s fault, and logged as a gap of ours', async () => {
  const { app, db, user } = await createWorld();
  const { bearer } = await user();
  const { log, lines } = capture();
  const authenticate = () => db.raw("select 'x'::uuid").catch(translateDatabaseError);
  const lenient = { ...app, access: { ...app.access, authenticate } };
  const { status, body } = await supertest(createHttpApp(lenient, { log }).callback())
    .get('/api/tasks')
    .set('Authorization', bearer);
  assert.deepEqual([status, body.code, body.message], [400, 'input.unstorable', 'Validation failed']);
  const gap = (await lines()).find(({ message }) => message === 'validation_gap');
  assert.match(JSON.stringify(gap?.error), /invalid input syntax for type uuid/);
});
