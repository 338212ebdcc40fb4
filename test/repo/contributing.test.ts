import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { atEnd } from '../support/cleanup.ts';
import { testDatabase } from '../support/database.ts';
import { type Block, readBlocks } from './markdown.ts';
import { followBlock, type Stage } from './page.ts';
import { openPlayground } from './playground.ts';
import { writePrograms } from './programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const blocks = readBlocks(root, 'CONTRIBUTING.md');
const PACKAGES = ['core', 'http', 'cli'];

/** A copy of the sources to edit, with the dependencies of the original, in which packages find each other's copies. */
function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'taskapp-walk-'));
  atEnd(() => rmSync(copy, { recursive: true, force: true }));
  mkdirSync(join(copy, 'node_modules/@taskapp'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')).filter((entry) => entry !== '@taskapp')) {
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  }
  const files = readdirSync(root).filter((name) => /^(tsconfig.*|package)\.json$/.test(name));
  const folders = PACKAGES.flatMap((name) =>
    ['src', 'assets', 'package.json', 'tsconfig.json'].map((file) => `packages/${name}/${file}`),
  );
  for (const name of [...files, 'migrations', ...folders].filter((path) => existsSync(join(root, path)))) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  for (const name of PACKAGES) {
    symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules/@taskapp', name));
    const own = join(root, 'packages', name, 'node_modules');
    if (existsSync(own)) symlinkSync(own, join(copy, 'packages', name, 'node_modules'));
  }
  return copy;
}

/** Does what a block says that is to be inserted: `insert: <file> before "<line>"`. */
function insert(copy: string, { directive = '', code, place }: Block): void {
  const [, file = '', line = ''] =
    /^insert: (\S+) before "(.*)"$/.exec(directive) ?? assert.fail(`${place}: ${directive}`);
  const text = readFileSync(join(copy, file), 'utf8');
  const at = text.indexOf(`\n${line}`) + 1;
  assert.ok(at > 0, `${place}: ${file} has no line "${line}"`);
  writeFileSync(join(copy, file), `${text.slice(0, at)}${code}\n${text.slice(at)}`);
}

/** Checks the types of the core; what the compiler said. */
function compile(copy: string): string {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', 'packages/core', '--noEmit'], { cwd: copy, encoding: 'utf8' }).stdout;
}

describe('CONTRIBUTING.md', () => {
  const edits = blocks.filter(({ directive }) => directive?.startsWith('insert: '));
  const copy = copyRepository();

  it('adds an operation with two edits in one folder, and does not compile after the first', () => {
    assert.equal(edits.length, 2);
    assert.equal(compile(copy), '');
    insert(copy, edits[0]!);
    assert.match(compile(copy), /tasks\.service\.ts.*Property 'reopen' is missing/);
    insert(copy, edits[1]!);
    assert.equal(compile(copy), '');
  });

  it('shows the operation over HTTP, in OpenAPI and as a command', async () => {
    const { url } = await testDatabase();
    const secret = () => randomBytes(32).toString('hex');
    const settings = { DATABASE_URL: url, JWT_ACCESS_SECRET: secret(), JWT_REFRESH_SECRET: secret() };
    const playground = await openPlayground(copy, settings);
    const stage: Stage = { root, playground: async () => playground, programs: writePrograms(root, []) };
    let printed: string | undefined;
    for (const block of blocks.filter((each) => !edits.includes(each)))
      printed = await followBlock(block, stage, printed);
  });
});
