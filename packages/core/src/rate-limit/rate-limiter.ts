import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisGuard } from '../kernel/redis-guard.ts';
import type { Settings } from '../options.ts';

/** `ip`: callers without a token, by address. `user`: by user. `login`: sign-in, registration and refresh, by address. */
export type PolicyName = 'ip' | 'user' | 'login';

/** What one call left of its budget. */
export interface RateLimitResult {
  readonly policy: PolicyName;
  readonly allowed: boolean;
  /** Calls per window. */
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the window ends; at least 1 when the call is refused. */
  readonly resetSeconds: number;
  readonly windowSeconds: number;
}

export interface RateLimiter {
  /** Spends one call of `key`'s budget. Never rejects: without Redis the budget is kept in this process. */
  consume(policy: PolicyName, key: string): Promise<RateLimitResult>;
}

/** Limits calls over Redis, and in this process while Redis is absent or fails. */
export function createRateLimiter(redis: RedisGuard, { windowMs, ...limits }: Settings['rateLimit']): RateLimiter {
  const duration = windowMs / 1000;
  const make = (policy: PolicyName) => createPolicy(redis, policy, limits[policy], duration);
  const policies = { ip: make('ip'), user: make('user'), login: make('login') };
  return { consume: (policy, key) => policies[policy](key) };
}

function createPolicy(redis: RedisGuard, policy: PolicyName, points: number, duration: number) {
  const budget = { keyPrefix: `taskapp:limit:${policy}`, points, duration };
  const local = new RateLimiterMemory(budget);
  const shared = redis.client && new RateLimiterRedis({ ...budget, storeClient: redis.client });

  return async (key: string): Promise<RateLimitResult> => {
    // The local count runs along, so that a failing Redis does not hand out fresh budgets.
    const [here, everywhere] = await Promise.all([
      spend(local, key),
      shared ? redis.attempt(() => spend(shared, key)) : undefined,
    ]);
    const { consumedPoints, remainingPoints, msBeforeNext } = everywhere ?? here;
    const allowed = consumedPoints <= points;
    return {
      policy,
      allowed,
      limit: points,
      remaining: Math.max(0, remainingPoints),
      resetSeconds: Math.max(allowed ? 0 : 1, Math.ceil(msBeforeNext / 1000)),
      windowSeconds: duration,
    };
  };
}

/** The library rejects with a result when the budget is used up, and with an error when its store fails. */
async function spend(limiter: RateLimiterAbstract, key: string): Promise<RateLimiterRes> {
  return limiter.consume(key).catch((refusal: unknown) => {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  });
}
