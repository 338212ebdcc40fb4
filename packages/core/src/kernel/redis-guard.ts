import type { Cluster, Redis } from 'ioredis';
import type { Logger } from './logger.ts';
import type { Count } from './occurrences.ts';

/** An ioredis client, single or cluster. */
export type RedisClient = Redis | Cluster;

/** A client for each use: commands of one connection wait for each other, so one that stalls holds up its own use only. */
export interface RedisClients {
  readonly limits: RedisClient;
  readonly cache: RedisClient;
}

/** Redis as an aid: every use has a time limit and may fail, and a failing server is left alone for a while. */
export interface RedisGuard {
  /** The client, where the host gave one. */
  readonly client: RedisClient | null;
  /**
   * Runs `work`, which serves one call or several, if Redis is usable; `undefined` when it is not, fails or takes longer
   * than 75 ms.
   */
  attempt<T>(work: (redis: RedisClient) => Promise<T>, calls?: number): Promise<T | undefined>;
  ping(): Promise<'up' | 'down' | 'none'>;
}

const BUDGET_MS = 75;
const FAILURES = 3;
const REST_MS = 1000;

const late = Symbol('late');

/** Wraps the host's client, or clients, for each use by itself: what fails for one may still do for the other. */
export function guardRedis(redis: RedisClient | RedisClients | null, { log, count }: { log: Logger; count: Count }) {
  const guardFor = (use: keyof RedisClients) =>
    guardClient(redis && 'limits' in redis ? redis[use] : redis, {
      report: (level, message, meta) => log[level](message, { use, ...meta }),
      countMissing: () => count(`${use}_without_redis`),
    });
  return { limits: guardFor('limits'), cache: guardFor('cache') };
}

/** True for what can be worked with, clients of another copy of ioredis included. */
export function isUsable(redis: RedisClient | RedisClients | null | undefined): boolean {
  if (redis === null || redis === undefined) return true;
  const { limits, cache } = redis as Partial<RedisClients>;
  const clients = (limits ? [limits, cache] : [redis]) as (Partial<RedisClient> | undefined)[];
  return clients.every((client) => typeof client?.status === 'string');
}

interface Witness {
  readonly report: (level: 'info' | 'warn', message: string, meta?: object) => void;
  /** Something was done without the Redis that there is. */
  readonly countMissing: () => void;
}

/** After three failures in a row, replies that are errors included, Redis is asked again once a second at most. */
function guardClient(client: RedisClient | null, { report, countMissing }: Witness): RedisGuard {
  let failures = 0;
  let retryAt = 0;

  const failed = (reason: unknown) => {
    failures += 1;
    if (failures < FAILURES) return;
    retryAt = performance.now() + REST_MS;
    if (failures === FAILURES) report('warn', 'Redis fails; its work is done in this process', { reason });
  };
  const succeeded = () => {
    if (failures >= FAILURES) report('info', 'Redis works again');
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
  const tryOnce = async <T>(work: (redis: RedisClient) => Promise<T>): Promise<T | undefined> => {
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
  const attempt = async <T>(work: (redis: RedisClient) => Promise<T>, calls = 1): Promise<T | undefined> => {
    const value = await tryOnce(work);
    if (client && value === undefined) for (let call = 0; call < calls; call += 1) countMissing();
    return value;
  };
  const ping = async () => {
    if (!client) return 'none';
    return (await tryOnce((redis) => redis.ping())) === undefined ? 'down' : 'up';
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
