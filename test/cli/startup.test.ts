import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';

const main = new URL('../../packages/cli/src/main.ts', import.meta.url);
const IMPORT = /^(?:import|export) (?!type )[^;]*?from '([^']+)';|^import '([^']+)';/gms;

/** Everything that is loaded before the first command runs: what is imported other than by `import()`. */
async function findStaticImports(file: URL, found = new Set<string>()): Promise<Set<string>> {
  const source = await readFile(file, 'utf8');
  for (const [statement, from, bare] of source.matchAll(IMPORT)) {
    const name = from ?? bare ?? '';
    const isType = /^import \{(\s*type \w+,?)+\s*\}/.test(statement);
    const target = name.startsWith('.') ? new URL(name, file) : undefined;
    if (isType || found.has(target?.href ?? name)) continue;
    found.add(target?.href ?? name);
    if (target) await findStaticImports(target, found);
  }
  return found;
}

test('before a command runs, commander is the only package that is loaded', async () => {
  const found = [...(await findStaticImports(main))];
  const packages = found.filter((name) => !name.startsWith('file:') && !name.startsWith('node:'));
  assert.deepEqual(packages, ['commander']);
  assert.ok(
    found.some((name) => name.endsWith('/program.ts')),
    'the graph was followed',
  );
  assert.ok(!found.includes('node:crypto'));
});

test('only main.ts reads process.env', async () => {
  const folder = new URL('.', main);
  const files = (await readdir(folder, { recursive: true })).filter(
    (name) => name.endsWith('.ts') && name !== 'main.ts',
  );
  assert.ok(files.length > 30);
  for (const name of files) assert.doesNotMatch(await readFile(new URL(name, folder), 'utf8'), /process\.env/, name);
});
