import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

// What a page gets of the packed client: types without those of Node, and a bundle of a few kilobytes.

const PAGE = `
import { createTaskClient, isTaskClientError, type OutputOf } from '@taskapp/http/client';

const client = createTaskClient({ url: location.origin });
export async function titles(): Promise<string[]> {
  const { tasks }: OutputOf<'tasks.list'> = await client.tasks.list({ status: 'TODO' });
  const due: (Date | null)[] = tasks.map(({ dueDate }) => dueDate);
  // @ts-expect-error there is no such status
  const wrong = client.tasks.list({ status: 'OPEN' }).catch((error) => isTaskClientError(error) && error.code);
  return [...tasks.map(({ title }) => title), String(due), String(await wrong)];
}
`;

const PROJECT = {
  compilerOptions: {
    strict: true,
    target: 'ES2022',
    lib: ['ES2023', 'DOM'],
    types: [],
    module: 'ESNext',
    moduleResolution: 'bundler',
    noEmit: true,
  },
  files: ['page.ts'],
};

const MAX_SIZE = 6500;

/** Compiles and bundles a page in `host`, where the packages are installed; `run` runs a program in a folder. */
export async function checkClient(
  host: string,
  run: (cwd: string, command: readonly string[]) => Promise<string>,
): Promise<void> {
  const folder = join(host, 'page');
  await mkdir(folder);
  await writeFile(join(folder, 'page.ts'), PAGE);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(PROJECT));
  await run(host, [join(host, 'node_modules/.bin/tsc'), '-p', 'page']);
  const table = await readFile(join(host, 'node_modules/@taskapp/http/dist/client/routes.js'), 'utf8');
  assert.match(table, /^export const routes = \{/, 'The table of operations is not the data alone');
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'page.ts')],
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'esm',
  });
  const { length } = gzipSync(outputFiles[0]?.contents ?? '');
  assert.ok(length > 1000 && length < MAX_SIZE, `The bundle of a page has ${length} bytes`);
}
