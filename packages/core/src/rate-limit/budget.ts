import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisGuard } from '../kernel/redis-guard.ts';

/** What a key has left after one call. */
export interface Balance {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Whole seconds until the window ends; at least 1 when the call is refused. */
  readonly resetSeconds: number;
}

/** A number of calls per window and key. Nothing here rejects: without Redis the count is kept in this process. */
export interface Budget {
  spend(key: string): Promise<Balance>;
  /** Takes back one call. */
  refund(key: string): Promise<void>;
  /** Gives the key its whole budget again. */
  clear(key: string): Promise<void>;
}

interface BudgetSettings {
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
}

/** The window in this process ends a little before the one in Redis, so that it never outlasts it. */
const OVERLAP_MS = 50;

/** Counts in Redis and keeps the count in this process as well: a Redis that fails or forgets lifts no limit. */
export function createBudget(redis: RedisGuard, { name, points, seconds }: BudgetSettings): Budget {
  const settings = { keyPrefix: `taskapp:limit:${name}`, points, duration: seconds };
  const local = new RateLimiterMemory(settings);
  const shared = redis.client && new RateLimiterRedis({ ...settings, storeClient: redis.client });
  const onBoth = async (work: (limiter: RateLimiterAbstract) => Promise<unknown>): Promise<void> => {
    await Promise.all([work(local), shared ? redis.attempt(() => work(shared)) : undefined]);
  };
  const spendOnBoth = async (key: string): Promise<RateLimiterRes> => {
    const here = await consume(local, key);
    const everywhere = shared ? await redis.attempt(() => consume(shared, key)) : undefined;
    // Redis knows less than this process when it was away, or lost what it had counted.
    if (!everywhere || everywhere.consumedPoints < here.consumedPoints) return here;
    await local.set(key, everywhere.consumedPoints, Math.max(0.001, (everywhere.msBeforeNext - OVERLAP_MS) / 1000));
    return everywhere;
  };
  return {
    spend: async (key) => {
      const { consumedPoints, remainingPoints, msBeforeNext } = await spendOnBoth(key);
      const allowed = consumedPoints <= points;
      const resetSeconds = Math.max(allowed ? 0 : 1, Math.ceil(msBeforeNext / 1000));
      return { allowed, remaining: Math.max(0, remainingPoints), resetSeconds };
    },
    refund: (key) => onBoth((limiter) => limiter.reward(key)),
    clear: (key) => onBoth((limiter) => limiter.delete(key)),
  };
}

/** The library rejects with a result when the budget is used up, and with an error when its store fails. */
async function consume(limiter: RateLimiterAbstract, key: string): Promise<RateLimiterRes> {
  return limiter.consume(key).catch((refusal: unknown) => {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  });
}
