import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { atEnd } from '../support/cleanup.ts';
import { testDatabase } from '../support/database.ts';
import { secrets } from '../support/world.ts';

const MAIN = fileURLToPath(new URL('../../packages/http/src/main.ts', import.meta.url));
const { url, db } = await testDatabase();
const { access, refresh } = secrets();
const metricsToken = secrets().access;
const databasePassword = 'hunter2-of-the-database';
const password = 'Hunter2-of-ada';
const newPassword = 'Hunter3-of-ada';
const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
atEnd(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'refresh'), refresh);

const role = `secrets_${randomBytes(5).toString('hex')}`;
await db.raw(`create role ${role} login superuser password '${databasePassword}'`);
atEnd(() => db.raw(`drop role ${role}`));
const withPassword = new URL(url);
withPassword.username = role;
withPassword.password = databasePassword;
const environment = {
  DATABASE_URL: withPassword.href,
  JWT_ACCESS_SECRET: access,
  JWT_REFRESH_SECRET_FILE: join(folder, 'refresh'),
  METRICS_TOKEN: metricsToken,
  HOST: '127.0.0.1',
  PORT: '0',
  BCRYPT_COST: '10',
  LOG_LEVEL: 'debug',
  LOG_FORMAT: 'json',
};

function run(overrides: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', MAIN], {
    env: { PATH: process.env.PATH ?? '', ...environment, ...overrides },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(() => child.kill('SIGKILL'));
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  return { child, printed: () => printed };
}

const ALWAYS = [access, refresh, metricsToken, databasePassword];

function assertSilent(text: string, where: string, also: readonly string[] = []): void {
  for (const secret of [...ALWAYS, ...also]) assert.ok(!text.includes(secret), `${where} has ${secret.slice(0, 9)}…`);
}

/** The arguments of a process and of all that it has started, as everybody on the machine may read them. */
function commandLines(pid: number): string {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [readFileSync(`/proc/${pid}/cmdline`, 'utf8'), ...children.map(commandLines)].join('\n');
}

describe('secrets', () => {
  test('are in no answer, no log line and no command line, whatever happens', async () => {
    const { child, printed } = run();
    const listening = () => /"message":"Listening","url":"(http:[^"]+)"/.exec(printed())?.[1];
    while (!listening() && child.exitCode === null) await pause(50);
    assert.ok(listening(), printed());
    const said: string[] = [];
    let token = '';
    const ask = async (method: string, path: string, body?: object) => {
      const headers = { ...(token && { Authorization: `Bearer ${token}` }), 'Content-Type': 'application/json' };
      const answer = await fetch(`${listening()}${path}`, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      said.push(`${[...answer.headers].join('\n')}\n${text}`);
      return { status: answer.status, text };
    };
    const email = 'ada@example.com';
    const made = JSON.parse((await ask('POST', '/api/auth/register', { email, password, name: 'Ada' })).text);
    said.length = 0;
    token = made.accessToken;
    await ask('POST', '/api/auth/login', { email, password: newPassword });
    await ask('POST', '/api/auth/login', { email, password, [newPassword]: 1 });
    await ask('POST', '/api/auth/password', { currentPassword: newPassword, newPassword });
    await ask('PATCH', '/api/users/me', { currentPassword: password, email: 'not an address' });
    await ask('POST', '/api/auth/refresh', { refreshToken: `${made.refreshToken}x` });
    for (const path of [
      '/health',
      '/readyz',
      '/metrics',
      '/openapi.json',
      '/docs',
      '/nope',
      '/api/users/me',
      '/api/events',
    ])
      await ask('GET', path);
    const own = [password, made.accessToken, made.refreshToken];
    assertSilent(said.join('\n'), 'an answer', own);
    assert.doesNotMatch(said.join('\n'), /\$2[aby]\$|passwordHash/);
    assertSilent(commandLines(child.pid ?? 0), 'a command line');
    child.kill('SIGTERM');
    await once(child, 'close');
    assert.ok(printed().split('\n').length > 10, printed());
    assertSilent(printed(), 'the log', [...own, newPassword, email]);
  });

  test('are not told by a start that fails', async () => {
    const failing: Record<string, string>[] = [
      { DATABASE_URL: withPassword.href.replace(/\/[^/]*$/, '/no_such_database') },
      { DATABASE_URL: `${withPassword.href}?sslmode=${databasePassword}`, JWT_ACCESS_SECRET: `${access},short` },
      { PORT: metricsToken, JWT_REFRESH_SECRET: refresh, REDIS_URL: `redis//:${databasePassword}@x` },
    ];
    for (const overrides of failing) {
      const { child, printed } = run(overrides);
      await once(child, 'close');
      assert.notEqual(child.exitCode, 0);
      assert.ok(printed().length > 20, printed());
      assertSilent(printed(), Object.keys(overrides).join());
    }
  });
});
