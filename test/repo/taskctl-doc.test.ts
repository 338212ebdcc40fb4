import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { EXIT } from '../../packages/cli/src/exit-codes.ts';
import { addGlobals } from '../../packages/cli/src/terminal/global-options.ts';
import { OUTPUT_FORMATS } from '../../packages/cli/src/terminal/io.ts';
import { VARIABLES } from '../../packages/cli/src/topics/environment.ts';
import { FORMATTING_HELP } from '../../packages/cli/src/topics/formatting.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const page = readFileSync(join(root, 'docs/taskctl.md'), 'utf8');
const section = (title: string): string => page.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
const firstCells = (title: string): string[] =>
  [...section(title).matchAll(/^\| (`\w+`|\d+) \|/gm)].flatMap(([, cell = '']) => cell.match(/[\w-]+/g) ?? []);

describe('docs/taskctl.md', () => {
  it('lists every format, exit code and variable', () => {
    assert.deepEqual(firstCells('Output'), [...OUTPUT_FORMATS]);
    for (const format of OUTPUT_FORMATS) assert.match(FORMATTING_HELP, new RegExp(`^  -o ${format} `, 'm'));
    assert.deepEqual(firstCells('Exit codes').map(Number), Object.values(EXIT));
    for (const name of Object.keys(VARIABLES)) assert.ok(section('Environment').includes(`\`${name}\``), name);
  });

  it('names every global option', () => {
    const { options } = addGlobals(new Command());
    for (const { long, hidden } of options) assert.ok(hidden || page.includes(`${long}`), String(long));
  });
});
