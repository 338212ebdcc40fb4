import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { failCli } from '../failures.ts';
import type { Run } from '../terminal/run.ts';

/** A file that appears complete or not at all. */
export interface TargetFile {
  /** Where it is until then: a sibling that only its owner can read. */
  readonly temporary: string;
  readonly handle: FileHandle;
  /** Puts it, flushed to the disk, under its name; resolves with its size in bytes. */
  keep(): Promise<number>;
}

/** Opens the file, which is not to exist already unless `force`; what was not kept is removed at the end of the run. */
export async function openTarget(run: Run, file: string, force: boolean): Promise<TargetFile> {
  const path = await findPlace(resolve(run.io.cwd, file), { file, force });
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.partial`);
  const handle = await open(temporary, 'wx+', 0o600);
  run.defer(async () => {
    await handle.close();
    await rm(temporary, { force: true });
  });
  return {
    temporary,
    handle,
    keep: async () => {
      await handle.sync();
      const { size } = await handle.stat();
      if (force) await rename(temporary, path);
      else await linkOnce(temporary, path, file);
      await syncFolder(dirname(path));
      return size;
    },
  };
}

interface Wish {
  readonly file: string;
  readonly force: boolean;
}

async function findPlace(path: string, { file, force }: Wish): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) return path;
  if (!found.isFile()) failCli('cli.file', `${file} is not a file`);
  return force ? realpath(path) : failExisting(file);
}

/** Unlike a rename, a link never takes the place of a file that has appeared meanwhile. */
async function linkOnce(temporary: string, path: string, file: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') failExisting(file);
    // File systems without links.
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(code)) throw error;
    await rename(temporary, await findPlace(path, { file, force: false }));
  }
}

const failExisting = (file: string): never =>
  failCli('cli.exists', `${file} exists already`, { hint: 'Choose another name, or replace it with --force.' });

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
