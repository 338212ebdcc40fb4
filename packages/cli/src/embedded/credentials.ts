import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './failure.ts';

/** The superuser that initdb makes. The app never connects as it: SQL of the app must not reach the file system. */
export const ADMIN_ROLE = 'postgres';
/** The role of the application: owns its databases, may create more, and is no superuser. */
export const APP_ROLE = 'taskapp';

/** The superuser's password, or undefined when none is kept. */
export async function findPassword(directory: string): Promise<string | undefined> {
  try {
    return (await readFile(join(directory, 'postgres.password'), 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A new password of 256 random bits. */
export const createPassword = (): string => randomBytes(32).toString('hex');

/** Keeps the superuser's password, readable for its owner alone; a half-written file is never seen. */
export async function keepPassword(directory: string, password: string): Promise<void> {
  const temporary = join(directory, `postgres.password.${process.pid}`);
  await writeFile(temporary, `${password}\n`, { mode: 0o600, flush: true });
  await rename(temporary, join(directory, 'postgres.password'));
}

/** The application role's password: derived, so that one secret is kept, and no way leads back to the superuser's. */
export const deriveAppPassword = (password: string): string =>
  createHmac('sha256', password).update(`role:${APP_ROLE}`).digest('hex');

/** What PostgreSQL stores of a password (RFC 5803), so that no statement, and so no log, ever holds the password. */
export function createVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256');
  const keyOf = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${stored}:${keyOf('Server Key').toString('base64')}`;
}

/** A URL that keeps its meaning whatever PGSSLMODE says in the environment of the one who uses it. */
export function createUrl(options: { role: string; password: string; port: number; database: string }): string {
  const { role, password, port, database } = options;
  return `postgres://${role}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}?sslmode=disable`;
}
