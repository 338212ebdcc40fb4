import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { operations } from '@taskapp/core';
import { createHttpApp } from '@taskapp/http';
import { build } from 'esbuild';
import { renderRoutes } from '../../packages/http/src/client/describe-routes.ts';
import { atEnd } from '../support/cleanup.ts';
import { serveFaulty } from '../support/http-server.ts';
import { createWorld, PASSWORD } from '../support/world.ts';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const folder = mkdtempSync(join(tmpdir(), 'taskapp-client-'));
atEnd(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes of the whole client, gzipped: what it may cost a page. */
const MAX_SIZE = 6500;

/** Checks the types that a project has; what the compiler complained about. */
async function compile(project: object): Promise<string> {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const run = execute(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error);
  return (await run).stdout;
}

/** What the build does to the table of operations. */
const withTable = {
  name: 'table',
  setup: ({ onLoad }: { onLoad: (filter: { filter: RegExp }, load: () => { contents: string }) => void }) =>
    onLoad({ filter: /client\/routes\.ts$/ }, () => ({ contents: renderRoutes(operations) })),
};

describe('bundled for browsers', () => {
  let code = '';
  let inputs: string[] = [];

  before(async () => {
    const { outputFiles, metafile } = await build({
      stdin: {
        contents: `export { createTaskClient, isTaskClientError } from './packages/http/src/client/index.ts'`,
        resolveDir: root,
      },
      absWorkingDir: root,
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'taskapp',
      plugins: [withTable],
    });
    code = outputFiles[0]?.text ?? '';
    inputs = Object.keys(metafile.inputs);
  });

  test('the client is its own files, and small', () => {
    const strangers = inputs.filter((path) => path !== '<stdin>' && !path.startsWith('packages/http/src/client/'));
    assert.deepEqual(strangers, []);
    assert.ok(inputs.length > 10);
    assert.doesNotMatch(code, /node:|require\(/);
    const { length } = gzipSync(code);
    assert.ok(length > 1000 && length < MAX_SIZE, `It has ${length} bytes`);
  });

  test('it works where there is nothing of Node', async () => {
    const { app, user } = await createWorld();
    const { url } = await serveFaulty(createHttpApp(app).callback());
    const { email } = await user();
    const platform = { fetch, Headers, URL, URLSearchParams, AbortController, TextDecoder, performance, crypto };
    const page = { ...platform, setTimeout, clearTimeout, location: { href: `${url}/app/index.html` } };
    const context = createContext({ ...page, email, password: PASSWORD });
    const steps = `(async () => {
      const client = taskapp.createTaskClient({ url: '/' });
      await client.auth.login({ email, password });
      const { id } = await client.tasks.create({ title: 'from a page' });
      const titles = [];
      for await (const { title } of client.tasks.list.all()) titles.push(title);
      await client.auth.logout();
      const error = await client.tasks.get({ id }).catch((error) => error);
      return [typeof process, titles.join(), error.code, taskapp.isTaskClientError(error)].join(' ');
    })()`;
    assert.equal(await runInContext(`${code}\n${steps}`, context), 'undefined from a page auth.token_required true');
  });
});

describe('types', () => {
  test('of calls are those of the contracts, and wrong calls do not compile', async () => {
    const project = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: { noEmit: true, customConditions: ['source'], typeRoots: [join(root, 'node_modules/@types')] },
      files: [join(root, 'test/http/client-types.ts')],
    };
    assert.equal(await compile(project), '');
  });

  test('that openapi-typescript makes of the API document compile, and say the same', async () => {
    const require = createRequire(join(root, 'packages/http/package.json'));
    const generator = join(dirname(require.resolve('openapi-typescript')), '../bin/cli.js');
    await execute(process.execPath, [generator, join(root, 'docs/openapi.json'), '-o', join(folder, 'api.ts')]);
    writeFileSync(
      join(folder, 'use.ts'),
      `import type { components, operations, paths } from './api.js';
      type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;
      export const body: Json<NonNullable<operations['tasks.create']['requestBody']>> = { title: 'x' };
      export const task = (value: Json<paths['/api/tasks/{id}']['get']['responses'][200]>): components['schemas']['Task'] => value;
      export const due = ({ dueDate }: components['schemas']['Task']): string | null => dueDate;
      export const code = (error: Json<operations['tasks.get']['responses'][404]>): string => error.code;
      // @ts-expect-error there is no such status
      export const wrong: components['schemas']['Task']['status'] = 'OPEN';
      `,
    );
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, types: [] };
    const compilerOptions = { ...strict, noEmit: true, module: 'ESNext', moduleResolution: 'bundler' };
    assert.equal(await compile({ compilerOptions, files: ['api.ts', 'use.ts'] }), '');
  });
});
