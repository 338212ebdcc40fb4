import { createHmac } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Piscina } from 'piscina';
import { authErrors } from '../auth/auth.errors.ts';
import { fail } from '../kernel/errors.ts';
import { networkOf } from '../kernel/network.ts';
import { createTurns } from '../kernel/turns.ts';
import type { Settings } from '../options.ts';

/** For whom a password is hashed: what one network, or one account, can have in progress at a time is bounded. */
export interface HashOwner {
  readonly ip?: string | undefined;
  /** The key of the account's e-mail address. */
  readonly account?: string;
}

/**
 * Hashes passwords in worker threads; the event loop never runs bcrypt. Both functions fail with auth.overloaded when
 * too many hashes are waiting, or theirs has waited for five seconds.
 */
export interface PasswordHasher {
  hash(password: string, owner: HashOwner): Promise<string>;
  /** Takes as long for an unknown account (`undefined`) as for a known one. */
  matches(password: string, stored: string | undefined, owner: HashOwner): Promise<boolean>;
  /** True for a hash of another scheme or cost, to be replaced at the next login. */
  isOutdated(stored: string): boolean;
  close(): Promise<void>;
}

const WORKER = new URL('./bcrypt-worker.js', import.meta.url).href;
const SCHEME = '$tk1$';
const BCRYPT_LIMIT_BYTES = 72;
const BCRYPT = /\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;
const IDLE_MS = 30_000;
const MAX_WAIT_MS = 5000;
const PER_ADDRESS = 3;
const PER_ACCOUNT = 2;

/** bcrypt ignores what follows the 72nd byte, so it gets 64 characters that depend on the whole password. */
const digest = (password: string) =>
  createHmac('sha384', 'taskapp password').update(password.normalize('NFKC')).digest('base64');

/** What bcrypt compares: the digest, or the password itself for a plain bcrypt hash that was imported. */
function comparable(password: string, stored: string): { text: string; hash: string } | undefined {
  if (stored.startsWith(SCHEME)) return { text: digest(password), hash: stored.slice(SCHEME.length) };
  return Buffer.byteLength(password) <= BCRYPT_LIMIT_BYTES ? { text: password, hash: stored } : undefined;
}

type Task = [name: 'hash' | 'compare', data: object];

/** Starts no thread before the first password. */
export function createPasswordHasher({ cost, workers, maxQueue }: Settings['passwords']): PasswordHasher {
  const threads = workers ?? Math.max(1, availableParallelism() - 1);
  const inTurn = createLines(threads, maxQueue);
  let pool: Promise<Piscina> | undefined;
  let isClosed = false;
  /** No password's hash, and as costly to compare with as one. */
  const decoy = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;

  const runNow = async ([name, data]: Task) => {
    if (isClosed) refuse();
    pool ??= startPool(threads);
    return (await pool).run(data, { name });
  };
  const run = (owner: HashOwner, task: Task) => inTurn(owner, () => runNow(task));
  const hash = async (password: string, owner: HashOwner): Promise<string> =>
    SCHEME + (await run(owner, ['hash', { text: digest(password), cost }]));
  const matches = async (password: string, stored: string | undefined, owner: HashOwner): Promise<boolean> => {
    const task = stored && BCRYPT.test(stored) ? comparable(password, stored) : undefined;
    const isEqual = await run(owner, ['compare', task ?? { text: digest(password), hash: decoy }]);
    return task !== undefined && isEqual;
  };
  return {
    hash,
    matches,
    isOutdated: (stored) => !stored.startsWith(SCHEME) || Number(/\$2[aby]\$(\d\d)\$/.exec(stored)?.[1]) !== cost,
    close: async () => {
      isClosed = true;
      await (await pool)?.destroy();
    },
  };
}

const refuse = () => fail(authErrors.passwordQueue, { retryAfter: 2 });

/** Loaded with the first password: most commands of a terminal never see one. */
async function startPool(maxThreads: number): Promise<Piscina> {
  const { Piscina } = await import('piscina');
  return new Piscina({
    filename: WORKER,
    minThreads: 0,
    maxThreads,
    idleTimeout: IDLE_MS,
    // Loaders, inspectors and `--eval` are for the host's own code.
    execArgv: [],
  });
}

/**
 * The lines that a hash waits in: of its network, then of its account, then of all. In this order, who floods an
 * account takes up his own network's turns first. Waiting costs no thread, so nothing that runs is ever aborted.
 */
function createLines(threads: number, maxWaiting: number) {
  const turnsOf = (limit: number) => createTurns({ limit, maxWaiting, refuse });
  const [addresses, accounts, all] = [turnsOf(PER_ADDRESS), turnsOf(PER_ACCOUNT), turnsOf(threads)] as const;
  return <T>({ ip, account }: HashOwner, work: () => Promise<T>): Promise<T> => {
    const deadline = performance.now() + MAX_WAIT_MS;
    const last = () => all.take('', deadline, work);
    const second = () => (account === undefined ? last() : accounts.take(account, deadline, last));
    return ip === undefined ? second() : addresses.take(networkOf(ip), deadline, second);
  };
}
