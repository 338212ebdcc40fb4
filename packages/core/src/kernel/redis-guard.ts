import type { Cluster, Redis } from 'ioredis';
import type { Logger } from './logger.ts';

/** An ioredis client, single or cluster. */
export type RedisClient = Redis | Cluster;

/** Redis as an aid: every use has a time limit and may fail, and a failing server is left alone for a while. */
export interface RedisGuard {
  /** The client, where the host gave one. */
  readonly client: RedisClient | null;
  /** Runs `work` if Redis is usable; `undefined` when it is not, fails or takes longer than 75 ms. */
  attempt<T>(work: (redis: RedisClient) => Promise<T>): Promise<T | undefined>;
  ping(): Promise<'up' | 'down' | 'none'>;
}

const BUDGET_MS = 75;
const FAILURES = 3;
const REST_MS = 1000;

const late = Symbol('late');

/** Wraps the host's client. After three failures in a row Redis is asked again once a second at most. */
export function guardRedis(client: RedisClient | null, log: Logger): RedisGuard {
  let failures = 0;
  let retryAt = 0;

  const failed = (reason: unknown) => {
    failures += 1;
    if (failures < FAILURES) return;
    retryAt = performance.now() + REST_MS;
    if (failures === FAILURES)
      log.warn('Redis does not answer; limits and caches are kept in this process', { reason });
  };
  const succeeded = () => {
    if (failures >= FAILURES) log.info('Redis answers again');
    failures = 0;
  };
  /** After a rest one call is let through; the others do without Redis until it has an answer. */
  const isResting = () => {
    if (failures < FAILURES) return false;
    const now = performance.now();
    if (now < retryAt) return true;
    retryAt = now + REST_MS;
    return false;
  };
  const attempt = async <T>(work: (redis: RedisClient) => Promise<T>): Promise<T | undefined> => {
    // A client that is not connected would queue the command, or reject only after its own retries.
    if (client?.status !== 'ready' || isResting()) return undefined;
    try {
      const value = await withinBudget(work(client));
      if (value === late) return void failed('timeout');
      succeeded();
      return value;
    } catch (error) {
      failed(error);
      return undefined;
    }
  };
  const ping = async () => {
    if (!client) return 'none';
    return (await attempt((redis) => redis.ping())) === undefined ? 'down' : 'up';
  };
  return { client, attempt, ping };
}

async function withinBudget<T>(work: Promise<T>): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<typeof late>((resolve) => {
    // An answer that has arrived while this process was busy is read before the immediate runs.
    timer = setTimeout(() => setImmediate(() => resolve(late)), BUDGET_MS);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
