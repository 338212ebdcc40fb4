import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { operations } from '@taskapp/core';
import { describeOperations } from '../../packages/cli/src/catalog/describe.ts';
import { bundleCli, type Outputs } from '../../scripts/bundle/bundle.ts';
import { atEnd } from './cleanup.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Installed {
  readonly home: string;
  readonly main: string;
  readonly outputs: Outputs;
}

let installed: Promise<Installed> | undefined;

/** taskctl as it is installed, as far as commands need it, made from the sources; gone after the tests of the file. */
export function installBundle(): Promise<Installed> {
  installed ??= install();
  return installed;
}

async function install(): Promise<Installed> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'taskctl-bundle-')));
  atEnd(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const outputs = await bundleCli(join(home, 'dist/bundle'));
  await mkdir(join(home, 'dist/catalog'));
  await writeFile(join(home, 'dist/catalog/commands.json'), JSON.stringify(describeOperations(operations)));
  await writeFile(join(home, 'package.json'), '{ "type": "module", "version": "1.2.3" }');
  await symlink(join(root, 'node_modules'), join(home, 'node_modules'));
  return { home, main: join(home, 'dist/bundle/main.js'), outputs };
}
