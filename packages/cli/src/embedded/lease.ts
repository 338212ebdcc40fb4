import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMark, isLiving } from './processes.ts';

/** One process's use of the server, a file named by the process; call its functions inside the lock. */
export interface Lease {
  /** Ends the use; true when nobody else is left. */
  end(): Promise<boolean>;
}

async function isUnused(folder: string): Promise<boolean> {
  for (const mark of await readdir(folder).catch(() => [])) {
    if (await isLiving(mark)) return false;
    await rm(join(folder, mark), { force: true });
  }
  return true;
}

/** Marks this process as a user of the server, until `end` or its death. */
export async function createLease(folder: string): Promise<Lease> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, await createMark());
  await writeFile(file, '', { flag: 'wx' });
  return {
    end: async () => {
      await rm(file, { force: true });
      return isUnused(folder);
    },
  };
}
