import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { emptyDatabase } from '../support/database.ts';
import { checkCommands } from './commands.ts';
import { assertAnswered, assertPrinted, type Block, readBlocks } from './markdown.ts';
import { cleanEnvironment, fromSource, openPlayground, type Playground } from './playground.ts';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const blocks = readBlocks(root, 'README.md');
/** The TypeScript blocks are one program; between its parts stands this. */
const MARK = '\u0001';

/** Writes the program of the document, as somebody would who follows it in a project that has the packages. */
function writeProgram(folder: string): string {
  const parts = blocks.filter(({ language }) => language === 'ts').map(({ code }) => code);
  const file = join(folder, 'program.ts');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(file, parts.join(`\nconsole.log('${MARK}');\n`));
  const compilerOptions = { noEmit: true, customConditions: ['source'] };
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files: ['program.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  return file;
}

async function runProgram(file: string): Promise<string[]> {
  const { url } = await emptyDatabase();
  const secret = () => randomBytes(32).toString('hex');
  const settings = { DATABASE_URL: url, JWT_ACCESS_SECRET: secret(), JWT_REFRESH_SECRET: secret() };
  const [node = '', ...options] = fromSource(root);
  const env = { ...cleanEnvironment(), ...settings };
  return (await execute(node, [...options, file], { env })).stdout.split(`${MARK}\n`);
}

describe('README.md', () => {
  let playground: Playground;
  let program: string;

  before(async () => {
    playground = await openPlayground(root);
    program = writeProgram(playground.folder);
  });

  it('has at most 250 lines', () => {
    const { length } = readFileSync(join(root, 'README.md'), 'utf8').trimEnd().split('\n');
    assert.ok(length <= 250, `It has ${length}`);
  });

  it('shows TypeScript that compiles', async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await execute(process.execPath, [tsc, '-p', playground.folder]).catch(({ stdout }) => assert.fail(stdout));
  });

  it('shows what happens', async () => {
    const parts = await runProgram(program);
    let printed = '';
    const follow: Record<string, (block: Block) => unknown> = {
      sh: async ({ code }) => {
        printed = await playground.shell(code);
      },
      ts: () => {
        printed = parts.shift() ?? assert.fail('The program ended early');
      },
      json: (block) => assertAnswered(printed, block),
      text: (block) => assertPrinted(printed, block),
    };
    for (const block of blocks) {
      if (block.directive === 'check: commands') await checkCommands(block, root);
      else await (follow[block.language] ?? assert.fail(`${block.place}: no test knows this kind of block`))(block);
    }
    assert.deepEqual(parts, []);
  });
});
