import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from '../support/cleanup.ts';
import { emptyDatabase } from '../support/database.ts';
import { startRedis } from '../support/redis.ts';
import type { Block } from './markdown.ts';
import { cleanEnvironment, fromSource } from './playground.ts';

const execute = promisify(execFile);
/** Stands between what one block prints and what the next one does. */
const MARK = '\u0001';
/** A block with a reason why it is compiled and no more. */
export const COMPILED = /^compiled: \S.{9,}$/;
/** A block that does not go on with the program of the blocks before it. */
const NEW = 'new program';

/** The TypeScript of a document, as somebody would have it who follows the document with the packages installed. */
export interface Programs {
  /** Fails with what the compiler says. */
  compile(): Promise<void>;
  /** What `block` prints. The first block of a program runs all of it, against the server at `origin`. */
  run(block: Block, origin: string): Promise<string>;
}

/** Writes the blocks as programs: one, or as many as say that they are a new one. */
export function writePrograms(root: string, blocks: readonly Block[]): Programs {
  const folder = mkdtempSync(join(tmpdir(), 'taskapp-program-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const programs = groupBlocks(blocks.filter(({ language }) => language === 'ts'));
  const write = (at: number, edit = (code: string) => code): string => {
    const parts = programs[at]?.map(({ code, place }) => `// ${place}\n${edit(code)}`) ?? [];
    writeFileSync(join(folder, `program-${at}.ts`), parts.join(`\nconsole.log('${MARK}');\n`));
    return join(folder, `program-${at}.ts`);
  };
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const compilerOptions = { noEmit: true, customConditions: ['source'], moduleDetection: 'force' };
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  programs.forEach((_, at) => void write(at));
  const printed = new Map<Block, string>();
  return {
    compile: async () => {
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      await execute(process.execPath, [tsc, '-p', folder]).catch(({ stdout }) => assert.fail(stdout));
    },
    run: async (block, origin) => {
      const at = programs.findIndex(([first]) => first === block);
      if (at >= 0) {
        const file = write(at, (code) => code.replaceAll('http://localhost:3000', origin));
        const parts = (await runProgram(root, file, programs[at] ?? [])).split(`${MARK}\n`);
        programs[at]?.forEach((each, index) => void printed.set(each, parts[index] ?? ''));
      }
      return printed.get(block) ?? assert.fail(`${block.place} was not run`);
    },
  };
}

function groupBlocks(blocks: readonly Block[]): Block[][] {
  const programs: Block[][] = [];
  let current: Block[] | undefined;
  for (const block of blocks) {
    if (COMPILED.test(block.directive ?? '')) programs.push([block]);
    else if (current && block.directive !== NEW) current.push(block);
    else {
      current = [block];
      programs.push(current);
    }
  }
  return programs;
}

async function runProgram(root: string, file: string, blocks: readonly Block[]): Promise<string> {
  const secret = () => randomBytes(32).toString('hex');
  const { url } = await emptyDatabase();
  const env: NodeJS.ProcessEnv = {
    ...cleanEnvironment(),
    DATABASE_URL: url,
    JWT_ACCESS_SECRET: secret(),
    JWT_REFRESH_SECRET: secret(),
  };
  if (blocks.some(({ code }) => code.includes('REDIS_URL'))) env.REDIS_URL = (await startRedis()).url;
  const [node = '', ...options] = fromSource(root);
  const done = execute(node, [...options, file], { env, timeout: 60_000 });
  return done.then(
    ({ stdout }) => stdout,
    ({ stdout, stderr, killed }) =>
      assert.fail(`${blocks[0]?.place}: ${killed ? 'it does not end' : 'it failed'}\n${stdout}\n${stderr}`),
  );
}
