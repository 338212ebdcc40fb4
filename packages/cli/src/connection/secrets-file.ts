import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failCli } from '../failures.ts';

/** The secrets of tokens, under the names of their variables. */
export interface Secrets {
  readonly JWT_ACCESS_SECRET: string;
  readonly JWT_REFRESH_SECRET: string;
}

const SECRET_BYTES = 48;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Makes a pair of secrets, 384 random bits each. */
export const generateSecrets = (): Secrets => ({
  JWT_ACCESS_SECRET: randomBytes(SECRET_BYTES).toString('base64url'),
  JWT_REFRESH_SECRET: randomBytes(SECRET_BYTES).toString('base64url'),
});

/** The file in the data folder that keeps generated secrets. */
export const secretsFileOf = (directory: string): string => join(directory, 'secrets.json');

/**
 * Reads the secrets kept in the data folder; makes them, with mode 0600, if there are none. Of several processes that
 * do it at once, all get the secrets of the same one.
 */
export async function openSecrets(directory: string): Promise<Secrets> {
  const file = secretsFileOf(directory);
  const found = await readSecretsFile(file);
  if (found) return found;
  await mkdir(directory, { recursive: true, mode: FOLDER_MODE });
  const draft = `${file}.${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, `${JSON.stringify(generateSecrets(), null, 2)}\n`, {
      mode: FILE_MODE,
      flag: 'wx',
      flush: true,
    });
    await link(draft, file).catch(ignoreExisting);
  } finally {
    await rm(draft, { force: true });
  }
  return (await readSecretsFile(file)) ?? failUnusable(file);
}

/** A link appears complete or not at all, and the first one stays. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

async function readSecretsFile(file: string): Promise<Secrets | undefined> {
  try {
    const { JWT_ACCESS_SECRET, JWT_REFRESH_SECRET } = JSON.parse(await readFile(file, 'utf8'));
    if (typeof JWT_ACCESS_SECRET === 'string' && typeof JWT_REFRESH_SECRET === 'string') {
      return { JWT_ACCESS_SECRET, JWT_REFRESH_SECRET };
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return failUnusable(file, error);
  }
  return failUnusable(file);
}

function failUnusable(file: string, cause?: unknown): never {
  failCli('database.unavailable', `The secrets in ${file} cannot be read`, {
    hint: 'Restore the file, or delete it: everybody signs in again then.',
    cause,
  });
}
