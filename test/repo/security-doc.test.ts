import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const REFERENCE = /`(test\/[\w./-]+)`: "([^"]+)"/g;
const ITEM = /^\| (\d+\.\d+\.\d+)/;

interface Row {
  readonly item: string;
  readonly references: readonly (readonly [file: string, name: string])[];
}

/** The rows of the first table: items that apply, with the tests that hold them. */
async function readRows(): Promise<Row[]> {
  const text = await readFile(new URL('docs/security.md', root), 'utf8');
  const [, section = ''] = text.split('## Items that apply');
  const lines = section.split('\n## ')[0]?.split('\n') ?? [];
  return lines.flatMap((line) => {
    const item = ITEM.exec(line)?.[1];
    const references = [...line.matchAll(REFERENCE)].map(([, file = '', name = '']) => [file, name] as const);
    return item ? [{ item, references }] : [];
  });
}

/** True where the name stands in quotes of its own, as the names of tests and cases do. */
const isNamed = (source: string, name: string): boolean => {
  const escaped = name.replaceAll("'", "\\'");
  return [`'${escaped}'`, `"${name}"`, `\`${name}\``, `\`${name} $`, `\`${name}: $`].some((quoted) =>
    source.includes(quoted),
  );
};

test('every item of docs/security.md names tests that exist', async () => {
  const rows = await readRows();
  assert.ok(rows.length > 40, `only ${rows.length} items were found`);
  const missing: string[] = [];
  for (const { item, references } of rows) {
    if (references.length === 0) missing.push(`${item} names no test`);
    for (const [file, name] of references) {
      const source = await readFile(new URL(file, root), 'utf8').catch(() => '');
      if (!isNamed(source, name)) missing.push(`${item}: ${file} has no "${name}"`);
    }
  }
  assert.deepEqual(missing, []);
});
