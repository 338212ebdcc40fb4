import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Outputs } from './bundle.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** The folders of the packages that a bundle holds parts of, sorted. */
export function packagesIn(outputs: Outputs): string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  return [...new Set(inputs.flatMap((input) => PACKAGE.exec(input)?.[1] ?? []))].sort();
}

/** The licences of the packages in a bundle, which ask to be passed on with it. Fails for a package without one. */
export async function collectNotices(outputs: Outputs): Promise<string> {
  const notices = await Promise.all(packagesIn(outputs).map(readNotice));
  return ['The files beside this one contain parts of these packages.\n', ...notices].join(`\n${'-'.repeat(80)}\n\n`);
}

async function readNotice(folder: string): Promise<string> {
  const path = join(repository, folder);
  const { name, version, license } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));
  if (!license) throw new Error(`${name} has no licence: it cannot be part of the bundle`);
  const file = (await readdir(path)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(join(path, file), 'utf8') : `Licence: ${license}\n`;
  return `${name} ${version}\n\n${text.trim()}\n`;
}
