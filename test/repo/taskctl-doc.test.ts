import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { EXIT } from '../../packages/cli/src/exit-codes.ts';
import { addGlobals } from '../../packages/cli/src/terminal/global-options.ts';
import { OUTPUT_FORMATS } from '../../packages/cli/src/terminal/io.ts';
import { VARIABLES } from '../../packages/cli/src/topics/environment.ts';
import { FORMATTING_HELP } from '../../packages/cli/src/topics/formatting.ts';
import { installBundle } from '../support/bundle.ts';
import { assertAnswered, assertPrinted, type Block, readBlocks } from './markdown.ts';
import { openPlayground, type Playground } from './playground.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const page = readFileSync(join(root, 'docs/taskctl.md'), 'utf8');
const section = (title: string): string => page.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
const firstCells = (title: string): string[] =>
  [...section(title).matchAll(/^\| (`\w+`|\d+) \|/gm)].flatMap(([, cell = '']) => cell.match(/[\w-]+/g) ?? []);

describe('docs/taskctl.md', () => {
  let playground: Playground;

  before(async () => {
    playground = await openPlayground(root);
    // Dozens of commands from the sources would take minutes.
    const { main } = await installBundle();
    const script = `#!/bin/sh\nshift\nexec '${process.execPath}' '${main}' "$@"\n`;
    writeFileSync(join(playground.folder, 'npx'), script, { mode: 0o755 });
  });

  it('shows what happens', async () => {
    let printed = '';
    const follow: Record<string, (block: Block) => unknown> = {
      sh: async ({ code }) => {
        printed = await playground.shell(code);
      },
      json: (block) => assertAnswered(printed, block),
      text: (block) => assertPrinted(printed, block),
    };
    for (const block of readBlocks(root, 'docs/taskctl.md')) {
      await (follow[block.language] ?? assert.fail(`${block.place}: no test knows this kind of block`))(block);
    }
  });

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
