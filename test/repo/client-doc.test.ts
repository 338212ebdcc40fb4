import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createHttpApp } from '@taskapp/http';
import { atEnd } from '../support/cleanup.ts';
import { serveFaulty } from '../support/http-server.ts';
import { createWorld } from '../support/world.ts';
import { assertPrinted, readBlocks } from './markdown.ts';
import { cleanEnvironment, fromSource } from './playground.ts';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const blocks = readBlocks(root, 'docs/client.md');
const programs = blocks.filter(({ language }) => language === 'ts');
const outputs = blocks.filter(({ language }) => language === 'text');
/** Stands between what one block prints and what the next one does. */
const MARK = '\u0001';

/** The blocks as a program of somebody who has the packages. */
function writeProgram(url: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'taskapp-client-doc-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const text = programs.map(({ code }) => code.replaceAll('http://localhost:3000', url));
  writeFileSync(join(folder, 'program.ts'), text.join(`\nconsole.log('${MARK}');\n`));
  const compilerOptions = { noEmit: true, customConditions: ['source'] };
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files: ['program.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  return folder;
}

describe('docs/client.md', async () => {
  const { app } = await createWorld();
  const { url } = await serveFaulty(createHttpApp(app).callback());
  const folder = writeProgram(url);

  it('shows a program that compiles', async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await execute(process.execPath, [tsc, '-p', folder]).catch(({ stdout }) => assert.fail(stdout));
  });

  it('shows what it prints', async () => {
    const [node = '', ...options] = fromSource(root);
    const { stdout } = await execute(node, [...options, join(folder, 'program.ts')], { env: cleanEnvironment() });
    const printed = stdout.split(`${MARK}\n`);
    assert.deepEqual([printed.length, outputs.length], [programs.length, programs.length]);
    for (const [at, block] of outputs.entries()) assertPrinted(printed[at] ?? '', block);
  });

  it('lists the codes of the client', () => {
    const listed = [...readFileSync(join(root, 'docs/client.md'), 'utf8').matchAll(/^\| `(client\.\w+)`/gm)];
    const source = readFileSync(join(root, 'packages/http/src/client/client-error.ts'), 'utf8');
    const codes = [...source.matchAll(/\| '(client\.\w+)'/g)].map(([, code]) => code);
    assert.deepEqual(listed.map(([, code]) => code).sort(), codes.sort());
  });
});
