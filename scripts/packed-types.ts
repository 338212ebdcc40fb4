import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

// What tools and compilers of others make of the packages: publint, are-the-types-wrong, and strict hosts.

const repository = fileURLToPath(new URL('..', import.meta.url));

/** A host that does it right, whose own declarations name what it got, and that does what must not compile. */
const HOST = `
import { type Actor, createTaskApp, isTaskAppError, type TaskView } from '@taskapp/core';
import knex from 'knex';

export const db = knex({ client: 'pg' });
export const app = createTaskApp({ db, redis: null, secrets: { access: 'a', refresh: ['b', 'c'] } });
export const ada: Actor = { kind: 'user', userId: '1', role: 'USER' };
export const { tasks, tags } = app.as(ada);
export const create = tasks.create;
export const bound = (trx: knex.Knex.Transaction) => app.withTransaction(trx).as(ada);
export async function remind(id: string): Promise<TaskView | string> {
  const task = await app.tasks.get({ actor: ada }, { id });
  const due: Date | null = task.dueDate;
  return due ? task : 'never';
}
export const codeOf = (error: unknown) => (isTaskAppError(error) ? error.code : undefined);

// @ts-expect-error nobody says who calls
app.tasks.list();
// @ts-expect-error nor here
app.tasks.list({}, { status: 'TODO' });
// @ts-expect-error the caller is a user or the system
app.as('ada');
// @ts-expect-error the system says why
app.as({ kind: 'system' });
// @ts-expect-error there is no such field
tasks.create({ title: 'x', colour: 'red' });
// @ts-expect-error a title is required
tasks.create({ description: 'x' });
// @ts-expect-error there is no such status
tasks.list({ status: 'OPEN' });
// @ts-expect-error there are no secrets
createTaskApp({ db, redis: null });
`;

const SERVED = `
import { createTaskApp } from '@taskapp/core';
import { createHttpApp, fastifyTaskApp, toFetchHandler, toNextHandlers, toNodeHandler } from '@taskapp/http';
import express from 'express';
import Fastify from 'fastify';
import knex from 'knex';

const app = createTaskApp({ db: knex({ client: 'pg' }), redis: null, secrets: { access: 'a', refresh: 'b' } });
export const http = createHttpApp(app, { trustProxy: 1 });
export const handle = toNodeHandler(http);
export const answer = toFetchHandler(http, { clientAddress: (_request, peer: { ip: string }) => peer.ip });
export const { GET, POST } = toNextHandlers(http, { basePath: '/api/tasks-api' });
express().use('/tasks-api', handle);
Fastify().register(fastifyTaskApp, { prefix: '/tasks-api', http });
Fastify().withTypeProvider().register(fastifyTaskApp, { http });

// @ts-expect-error this is the app itself, not the one that answers requests
toNodeHandler(app);
// @ts-expect-error there is no such option
createHttpApp(app, { prefix: '/tasks-api' });
// @ts-expect-error the plugin needs an app
Fastify().register(fastifyTaskApp, { prefix: '/tasks-api' });
// @ts-expect-error \`clientAddress\` asks for what the host has to hand on
answer(new Request('http://localhost'));
`;

const COMPILER_OPTIONS = {
  target: 'ES2022',
  module: 'NodeNext',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  composite: true,
  declaration: true,
  emitDeclarationOnly: true,
  types: ['node'],
  outDir: 'dist',
};

type Run = (cwd: string, command: readonly string[]) => Promise<string>;

/** Asks publint and are-the-types-wrong whether others can use the tarball of a package. */
export async function checkPackage(tarball: string, run: Run): Promise<void> {
  const { buffer, byteOffset, byteLength } = await readFile(tarball);
  const packed = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  const { messages, pkg } = await publint({ pack: { tarball: packed }, strict: true });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg, { color: false })),
    [],
    tarball,
  );
  await run(repository, ['node_modules/.bin/attw', tarball, '--profile', 'esm-only', '--quiet']);
}

/**
 * Compiles strict hosts in `host`, where the packages are installed, with TypeScript 5.9 and 7. The newer one, which is
 * several times as quick, checks the library's own declarations as well; beside those of the server are Koa's, which do
 * not pass.
 */
export async function checkTypes(host: string, run: Run): Promise<void> {
  const { resolve } = createRequire(join(repository, 'packages/http/package.json'));
  const compilers = { old: resolve('typescript/bin/tsc'), new: join(host, 'node_modules/typescript/bin/tsc') };
  for (const [name, text] of Object.entries({ library: HOST, served: SERVED })) {
    await mkdir(join(host, name));
    await writeFile(join(host, name, 'host.ts'), text);
    for (const [age, tsc] of Object.entries(compilers)) {
      const skipLibCheck = name === 'served' || age === 'old';
      const project = { compilerOptions: { ...COMPILER_OPTIONS, skipLibCheck }, files: ['host.ts'] };
      await writeFile(join(host, name, 'tsconfig.json'), JSON.stringify(project));
      await run(host, [process.execPath, tsc, '-b', name, '--force']);
    }
  }
}
