import { readFileSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failCli } from '../failures.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** What nobody but the owner may do with a file: others must not write what decides where commands go, nor read tokens. */
export const SHARED = { writable: 0o022, readable: 0o077 } as const;

/**
 * The JSON object in a file of the user's own; undefined where there is none. A file with one of the `forbidden` modes,
 * or that holds anything else, is refused: what it says cannot be trusted.
 */
export function readPrivateFile(file: string, forbidden: number): Record<string, unknown> | undefined {
  try {
    checkMode(file, forbidden);
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code !== undefined) failCli('cli.file', `${file} cannot be read (${code})`, { cause: error });
    if (!(error instanceof SyntaxError)) throw error;
  }
  return failCli('cli.file', `${file} is not a JSON object`, { hint: 'Repair it, or delete it.' });
}

function checkMode(file: string, forbidden: number): void {
  if (process.platform === 'win32' || (statSync(file).mode & forbidden) === 0) return;
  const verb = forbidden === SHARED.writable ? 'written' : 'read';
  failCli('cli.file', `${file} can be ${verb} by other users of this machine`, { hint: `Run: chmod 600 ${file}` });
}

/** Replaces a file in one step: whoever reads it finds the old text or the new one, never a part. Mode 0600. */
export async function writePrivateFile(file: string, value: object): Promise<void> {
  const { randomBytes } = await import('node:crypto');
  const draft = `${file}.${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: FOLDER_MODE });
    const handle = await open(draft, 'wx', FILE_MODE);
    try {
      await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    failCli('cli.file', `${file} cannot be written (${code})`, { cause: error });
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}
