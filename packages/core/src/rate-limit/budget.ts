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

/** Counts in Redis, and in this process as well, so that a failing Redis does not hand out fresh budgets. */
export function createBudget(redis: RedisGuard, { name, points, seconds }: BudgetSettings): Budget {
  const settings = { keyPrefix: `taskapp:limit:${name}`, points, duration: seconds };
  const local = new RateLimiterMemory(settings);
  const shared = redis.client && new RateLimiterRedis({ ...settings, storeClient: redis.client });
  const onBoth = async <T>(work: (limiter: RateLimiterAbstract) => Promise<T>): Promise<T> => {
    const [here, everywhere] = await Promise.all([work(local), shared ? redis.attempt(() => work(shared)) : undefined]);
    return everywhere ?? here;
  };
  return {
    spend: async (key) => {
      const { consumedPoints, remainingPoints, msBeforeNext } = await onBoth((limiter) => consume(limiter, key));
      const allowed = consumedPoints <= points;
      const resetSeconds = Math.max(allowed ? 0 : 1, Math.ceil(msBeforeNext / 1000));
      return { allowed, remaining: Math.max(0, remainingPoints), resetSeconds };
    },
    refund: async (key) => void (await onBoth((limiter) => limiter.reward(key))),
    clear: async (key) => void (await onBoth((limiter) => limiter.delete(key))),
  };
}

/** The library rejects with a result when the budget is used up, and with an error when its store fails. */
async function consume(limiter: RateLimiterAbstract, key: string): Promise<RateLimiterRes> {
  return limiter.consume(key).catch((refusal: unknown) => {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  });
}
