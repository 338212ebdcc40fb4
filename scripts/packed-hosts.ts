import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createTaskClient } from '@taskapp/http/client';

// The examples that are servers, driven the way their users would: tasks below the prefix, and what is the host's own.

/** The examples that listen, each with a call that only the host answers; `token` is that of a user with the task `id`. */
const OWN: Readonly<Record<string, (call: Call) => Promise<unknown>>> = {
  express: async ({ send, client }) => {
    const order = await send('/orders', { item: 'a lamp' });
    const { title } = await client.tasks.get({ id: order.packing_task_id });
    assert.equal(title, 'Pack a lamp');
    await assert.rejects(send('/orders', { item: null }), /500/);
    assert.equal((await client.tasks.list()).pagination.total, 2, 'an order that failed has left a task');
  },
  fastify: async ({ send, id }) => {
    assert.equal((await send(`/tasks/${id}/notes`, { text: 'Oat milk' })).task_id, id);
  },
  koa: greet,
  hono: greet,
  'node-http': greet,
};

interface Call {
  readonly send: (
    path: string,
    body?: object,
  ) => Promise<Readonly<Record<'greeting' | 'packing_task_id' | 'task_id', string>>>;
  readonly client: ReturnType<typeof createTaskClient>;
  readonly id: string;
}

async function greet({ send }: Call): Promise<void> {
  assert.equal((await send('/hello?name=Ada')).greeting, 'Hello Ada');
}

/** Where the server listens that says so on a line like `Listening { port: 4711 }`. */
async function portOf(server: ChildProcess): Promise<string> {
  let text = '';
  for await (const line of createInterface({ input: server.stdout as NodeJS.ReadableStream })) {
    text += line;
    const [, port] = /Listening.*?\b(\d{4,5})\b/.exec(text) ?? [];
    if (port) return port;
  }
  return assert.fail(`It does not listen: ${text}`);
}

async function visit(url: string, own: (call: Call) => Promise<unknown>): Promise<void> {
  const client = createTaskClient({ url: `${url}/tasks-api`, retries: 0 });
  const person = { email: `${randomBytes(6).toString('hex')}@example.com`, password: 'Password123', name: 'Ada' };
  const { accessToken } = await client.auth.register(person);
  const { id } = await client.tasks.create({ title: 'Buy milk' });
  assert.deepEqual((await client.tasks.list()).tasks[0]?.id, id);
  const send = async (path: string, body?: object) => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${accessToken}` };
    const answer = await fetch(url + path, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return (await answer.json()) as Awaited<ReturnType<Call['send']>>;
  };
  await own({ send, client, id });
  const { url: page } = await fetch(`${url}/tasks-api/docs/`);
  assert.equal(page, `${url}/tasks-api/docs`);
}

/** Starts a built example in `folder`, uses it, and ends it; it has to end by itself when it is asked to. */
export async function checkHost(name: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const own = OWN[name];
  assert.ok(own, `${name} is no server`);
  const server = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    env: { ...process.env, ...env, NODE_ENV: 'test', PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  try {
    await visit(`http://127.0.0.1:${await portOf(server)}`, own);
    server.kill('SIGTERM');
    const [code] = await Promise.race([ended, once(AbortSignal.timeout(10_000), 'abort').then(() => ['late'])]);
    assert.equal(code, 0, `${name} did not end when it was asked to`);
  } finally {
    server.kill('SIGKILL');
  }
}

/** True for an example that listens until it is ended. */
export const isServer = (name: string): boolean => Object.hasOwn(OWN, name);
