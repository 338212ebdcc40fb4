import { createHmac } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { authErrors } from '../auth/auth.errors.ts';
import { fail } from '../kernel/errors.ts';
import type { Settings } from '../options.ts';

/** Hashes passwords in worker threads; the event loop never runs bcrypt. */
export interface PasswordHasher {
  /** @throws auth.overloaded when too many hashes are waiting */
  hash(password: string): Promise<string>;
  /** Takes as long for an unknown account (`undefined`) as for a known one. */
  matches(password: string, stored: string | undefined): Promise<boolean>;
  /** True for a hash of another scheme or cost, to be replaced at the next login. */
  isOutdated(stored: string): boolean;
  close(): Promise<void>;
}

const WORKER = new URL('./bcrypt-worker.js', import.meta.url).href;
const SCHEME = '$tk1$';
const BCRYPT_LIMIT_BYTES = 72;
const BCRYPT = /\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;
const IDLE_MS = 30_000;

/** bcrypt ignores what follows the 72nd byte, so it gets 64 characters that depend on the whole password. */
const digest = (password: string) =>
  createHmac('sha384', 'taskapp password').update(password.normalize('NFKC')).digest('base64');

/** What bcrypt compares: the digest, or the password itself for a plain bcrypt hash that was imported. */
function comparable(password: string, stored: string): { text: string; hash: string } | undefined {
  if (stored.startsWith(SCHEME)) return { text: digest(password), hash: stored.slice(SCHEME.length) };
  return Buffer.byteLength(password) <= BCRYPT_LIMIT_BYTES ? { text: password, hash: stored } : undefined;
}

/** Starts no thread before the first password. */
export function createPasswordHasher({ cost, workers, maxQueue }: Settings['passwords']): PasswordHasher {
  let pool: Piscina | undefined;
  /** No password's hash, and as costly to compare with as one. */
  const decoy = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;

  const run = async (name: 'hash' | 'compare', task: object) => {
    pool ??= new Piscina({
      filename: WORKER,
      minThreads: 0,
      maxThreads: workers ?? Math.max(1, availableParallelism() - 1),
      maxQueue,
      idleTimeout: IDLE_MS,
      // Loaders, inspectors and `--eval` are for the host's own code.
      execArgv: [],
    });
    if (pool.queueSize >= maxQueue) fail(authErrors.passwordQueue, { retryAfter: 2 });
    return pool.run(task, { name });
  };
  const hash = async (password: string): Promise<string> =>
    SCHEME + (await run('hash', { text: digest(password), cost }));
  const matches = async (password: string, stored: string | undefined): Promise<boolean> => {
    const task = stored && BCRYPT.test(stored) ? comparable(password, stored) : undefined;
    const isEqual = await run('compare', task ?? { text: digest(password), hash: decoy });
    return task !== undefined && isEqual;
  };
  return {
    hash,
    matches,
    isOutdated: (stored) => !stored.startsWith(SCHEME) || Number(/\$2[aby]\$(\d\d)\$/.exec(stored)?.[1]) !== cost,
    close: async () => pool?.destroy(),
  };
}
