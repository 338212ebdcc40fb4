import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type ConfigError, type Environment, isConfigError, loadConfig } from '@taskapp/http';

const ACCESS = 'access-secret-0123456789-abcdefghijkl';
const REFRESH = 'refresh-secret-0123456789-abcdefghijk';
const PEM =
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----';
const complete = {
  DATABASE_URL: 'postgres://app:hunter2@db:5432/taskapp',
  JWT_ACCESS_SECRET: ACCESS,
  JWT_REFRESH_SECRET: REFRESH,
};

function problemsOf(environment: Environment): readonly string[] {
  try {
    loadConfig({ ...complete, ...environment });
  } catch (error) {
    assert.ok(isConfigError(error));
    return error.problems;
  }
  return [];
}

describe('loadConfig', () => {
  test('has the documented defaults', () => {
    const { environment, http, database, redis, app, log, dataFolder } = loadConfig(complete);
    assert.equal(environment, 'development');
    assert.equal(dataFolder, '.taskapp');
    assert.deepEqual(http, {
      host: '0.0.0.0',
      port: 3000,
      corsOrigins: ['http://localhost:3000'],
      trustProxy: 'none',
      bodyLimit: 10_240,
      maxConcurrentPerUser: 10,
      docs: true,
      metricsToken: undefined,
      shutdownDelayMs: 0,
    });
    const url = complete.DATABASE_URL;
    assert.deepEqual(database, { url, directUrl: url, poolMax: 10, prepared: true, pooler: false, autoMigrate: false });
    assert.equal(redis, null);
    assert.deepEqual(app, {
      secrets: { access: [ACCESS], refresh: [REFRESH] },
      tokens: { accessTtlSeconds: 900, refreshTtlSeconds: 604_800, refreshGraceSeconds: 30 },
      passwords: { cost: 12 },
      rateLimit: { windowMs: 60_000, ip: 100, user: 300, login: 30 },
      cache: { ttlSeconds: 300 },
    });
    assert.deepEqual(log, { level: 'debug', format: 'pretty' });
  });

  test('is quieter and more patient in production', () => {
    const { log, http } = loadConfig({ ...complete, NODE_ENV: 'production' });
    assert.deepEqual([log, http.shutdownDelayMs], [{ level: 'info', format: 'json' }, 5000]);
  });

  test('reads every variable', () => {
    const config = loadConfig({
      ...complete,
      PORT: '0',
      HOST: '::1',
      DATABASE_DIRECT_URL: 'postgresql://direct/x',
      DATABASE_POOL_MAX: '3',
      WORKERS: '4',
      DATABASE_PREPARED: 'false',
      REDIS_URL: 'rediss://cache:6380',
      REDIS_CLUSTER: 'true',
      JWT_ACCESS_SECRET: `${ACCESS}, ${ACCESS}-old`,
      JWT_ACCESS_EXPIRY: '90s',
      JWT_REFRESH_EXPIRY: '12h',
      CORS_ORIGIN: 'https://a.example, https://b.example:8443',
      TRUST_PROXY: '10.0.0.0/8, ::1',
      BODY_LIMIT: '1MB',
      AUTO_MIGRATE: 'true',
      SHUTDOWN_DELAY_MS: '7',
      METRICS_TOKEN: '0123456789abcdef',
    });
    assert.deepEqual([config.http.port, config.http.host, config.http.bodyLimit], [0, '::1', 1_048_576]);
    assert.deepEqual(config.http.trustProxy, ['10.0.0.0/8', '::1']);
    assert.deepEqual(config.http.corsOrigins, ['https://a.example', 'https://b.example:8443']);
    assert.deepEqual(config.redis, { url: 'rediss://cache:6380', cluster: true });
    assert.deepEqual(config.app.secrets.access, [ACCESS, `${ACCESS}-old`]);
    assert.deepEqual([config.app.tokens.accessTtlSeconds, config.app.tokens.refreshTtlSeconds], [90, 43_200]);
    assert.equal(config.workers, 4);
    assert.equal(loadConfig({ ...complete, WORKERS: 'auto' }).workers, Math.min(256, availableParallelism()));
    assert.equal(loadConfig(complete).workers, 1);
    assert.equal(config.database.directUrl, 'postgresql://direct/x');
    assert.deepEqual([config.database.prepared, config.database.autoMigrate], [false, true]);
    assert.equal(loadConfig({ ...complete, TRUST_PROXY: '2' }).http.trustProxy, 2);
    assert.equal(loadConfig({ ...complete, JWT_ACCESS_EXPIRY: '900' }).app.tokens.accessTtlSeconds, 900);
  });

  test('takes an empty variable for an unset one', () => {
    assert.equal(loadConfig({ ...complete, PORT: '', REDIS_URL: '  ', METRICS_TOKEN: '' }).http.port, 3000);
  });

  test('reports everything at once, and how to put it right, without a value', () => {
    const secret = 'hunter2-hunter2-hunter2-hunter2-hunter2';
    let thrown: ConfigError | undefined;
    try {
      loadConfig({ PORT: 'x', DATABASE_URL: `mysql://root:${secret}@h/d`, JWT_ACCESS_SECRET: 'short' });
    } catch (error) {
      thrown = error as ConfigError;
    }
    assert.equal(thrown?.code, 'config.invalid');
    assert.deepEqual(
      thrown.problems.map((line) => line.split(' ')[0]),
      ['PORT', 'DATABASE_URL', 'JWT_ACCESS_SECRET', 'JWT_REFRESH_SECRET'],
    );
    assert.match(thrown.problems[3] ?? '', /is missing; make one with/);
    assert.ok(!thrown.message.includes(secret) && !thrown.message.includes('short'));
  });

  const wrong: Environment[] = [
    { PORT: '-1' },
    { PORT: '65536' },
    { PORT: '3e3' },
    { PORT: '0x1F' },
    { DATABASE_POOL_MAX: '0' },
    { WORKERS: '0' },
    { WORKERS: '257' },
    { WORKERS: 'all' },
    { DATABASE_URL: 'https://db/x' },
    { REDIS_URL: 'http://cache' },
    { REDIS_CLUSTER: 'yes' },
    { REDIS_CLUSTER: 'true' },
    { JWT_ACCESS_EXPIRY: '15 m' },
    { JWT_ACCESS_EXPIRY: '0' },
    { JWT_ACCESS_EXPIRY: '2d' },
    { BCRYPT_COST: '3' },
    { BCRYPT_COST: '9', NODE_ENV: 'production' },
    { BODY_LIMIT: '10 kb' },
    { TRUST_PROXY: 'true' },
    { TRUST_PROXY: '0' },
    { TRUST_PROXY: '10.0.0.0/33' },
    { TRUST_PROXY: 'localhost' },
    { CORS_ORIGIN: 'https://a.example/' },
    { CORS_ORIGIN: 'a.example' },
    { LOG_LEVEL: 'loud' },
    { METRICS_TOKEN: 'short' },
    { NODE_ENV: 'prod' },
    { JWT_ACCESS_SECRET: 'a'.repeat(40) },
    { JWT_ACCESS_SECRET: `${ACCESS},short` },
    { JWT_REFRESH_SECRET: ACCESS },
    { JWT_ACCESS_SECRET: PEM },
  ];
  for (const environment of wrong) {
    const [[name, value]] = Object.entries(environment) as [[string, string]];
    test(`refuses ${name}=${value}`, () => {
      const problems = problemsOf(environment);
      assert.equal(problems.length, 1);
      assert.ok(problems[0]?.startsWith(`${name} `), problems[0]);
    });
  }

  test('takes what the environment leaves out from the defaults of its caller', () => {
    const { database, http } = loadConfig({ PORT: '1' }, { ...complete, PORT: '2' });
    assert.deepEqual([database.url, http.port], [complete.DATABASE_URL, 1]);
  });
});

describe('NAME_FILE', () => {
  const folder = mkdtempSync(join(tmpdir(), 'taskapp-config-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test('holds a secret, without the end of its line', () => {
    const config = loadConfig({ ...complete, JWT_ACCESS_SECRET: '', JWT_ACCESS_SECRET_FILE: file('a', `${ACCESS}\n`) });
    assert.deepEqual(config.app.secrets.access, [ACCESS]);
  });

  test('is reported when it cannot be read, or stands beside its variable', () => {
    assert.deepEqual(problemsOf({ DATABASE_URL: '', DATABASE_URL_FILE: join(folder, 'absent') }), [
      'DATABASE_URL_FILE names a file that cannot be read (ENOENT)',
    ]);
    assert.deepEqual(problemsOf({ JWT_ACCESS_SECRET_FILE: file('b', ACCESS) }), [
      'JWT_ACCESS_SECRET_FILE is set together with JWT_ACCESS_SECRET; set one of them',
    ]);
  });
});
