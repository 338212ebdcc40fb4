import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { loadConfig, startServer, supervise } from '@taskapp/http';
import { settingOf, testDatabase } from '../support/database.ts';
import { createRunner } from '../support/server-process.ts';
import { secrets } from '../support/world.ts';

const { url } = await testDatabase();
const { access, refresh } = secrets();
const environment = {
  DATABASE_URL: url,
  JWT_ACCESS_SECRET: access,
  JWT_REFRESH_SECRET: refresh,
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_FORMAT: 'json',
};

/** The container's entry as a process. */
const run = createRunner(environment);

const LISTENING = /"message":"Listening","url":"(http:[^"]+)"/;

describe('the process', () => {
  test('serves until SIGTERM, then finishes its requests and exits with 0', async () => {
    const { child, exit, logged } = run();
    const [, address = ''] = await logged(LISTENING);
    assert.equal((await fetch(`${address}/readyz`)).status, 200);
    child.kill('SIGTERM');
    assert.equal(await exit, 0);
  });

  test('a second signal ends it at once, with 1', async () => {
    const { child, exit, logged } = run({ SHUTDOWN_DELAY_MS: '60000' });
    await logged(LISTENING);
    child.kill('SIGINT');
    await logged(/"message":"Stopping"/);
    child.kill('SIGINT');
    assert.equal(await exit, 1);
  });

  test('exits with 78 and every problem when its configuration is not usable', async () => {
    const { exit, errors } = run({ PORT: 'x', JWT_ACCESS_SECRET: 'short', REDIS_URL: 'http://x' });
    assert.equal(await exit, 78);
    const report = await errors;
    for (const name of ['PORT', 'JWT_ACCESS_SECRET', 'REDIS_URL']) assert.match(report, new RegExp(`^  ${name} `, 'm'));
  });

  test('exits with 1 when its port is taken, and is interrupted while it waits for PostgreSQL', async () => {
    const first = run();
    const [, address = ''] = await first.logged(LISTENING);
    assert.equal(await run({ PORT: new URL(address).port }).exit, 1);
    first.child.kill('SIGTERM');
    const waiting = run({ DATABASE_URL: 'postgres://x@127.0.0.1:1/x' });
    await waiting.logged(/Waiting for PostgreSQL/);
    waiting.child.kill('SIGTERM');
    assert.equal(await waiting.exit, 0);
  });
});

test('a server that was closed leaves nothing that keeps a process alive', async () => {
  const script = `
    import { loadConfig, startServer } from '@taskapp/http';
    const log = { debug() {}, info() {}, warn() {}, error: console.error };
    const server = await startServer({ config: loadConfig(process.env), log });
    await fetch(server.url + '/metrics');
    await server.close();
    console.log('closed');`;
  const flags = ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', script];
  const env = { PATH: process.env.PATH ?? '', ...environment, REDIS_URL: settingOf('TEST_REDIS_URL') };
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'], env, timeout: 20_000 });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.deepEqual([code, output], [0, 'closed\n']);
});

describe('supervise', () => {
  const lines: string[] = [];
  const write = (message: string) => lines.push(message);
  const log = { debug: write, info: write, warn: write, error: write };
  const config = loadConfig(environment);

  test('answers 75 when PostgreSQL is absent', async () => {
    const absent = { ...config, database: { ...config.database, url: 'postgres://x@127.0.0.1:1/x' } };
    const code = await supervise((signal) => startServer({ config: absent, log, signal, databaseWaitMs: 0 }), log);
    assert.equal(code, 75);
    assert.ok(lines.includes('PostgreSQL cannot be reached: check DATABASE_URL'));
  });

  for (const failure of ['throw new Error("mine")', 'Promise.reject(new Error("mine"))']) {
    test(`answers 1 after a failure that nobody caught, and closes the server before: ${failure}`, async () => {
      const script = `
        import { supervise } from '@taskapp/http';
        const log = { debug() {}, info() {}, warn() {}, error: (message, { error }) => console.log(message, error.message) };
        setTimeout(() => { ${failure}; }, 50);
        process.exitCode = await supervise(async () => ({ url: '', port: 0, close: async () => console.log('closed') }), log);`;
      const flags = ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', script];
      const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
      const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      assert.deepEqual([code, output], [1, 'Nobody caught this mine\nclosed\n']);
    });
  }

  test('leaves no listeners behind', () => {
    for (const event of ['SIGTERM', 'SIGINT']) assert.equal(process.listenerCount(event), 0);
  });
});
