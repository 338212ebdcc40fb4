import type { RedisGuard } from '../kernel/redis-guard.ts';
import type { Settings } from '../options.ts';
import { type Balance, createBudget } from './budget.ts';

/** `ip`: callers without a token, by address. `user`: by user. `login`: sign-in, registration and refresh, by address. */
export type PolicyName = 'ip' | 'user' | 'login';

/** What one call left of its budget. */
export interface RateLimitResult extends Balance {
  readonly policy: PolicyName;
  /** Calls per window. */
  readonly limit: number;
  readonly windowSeconds: number;
}

export interface RateLimiter {
  /** Spends one call of `key`'s budget. Never rejects: without Redis the budget is kept in this process. */
  consume(policy: PolicyName, key: string): Promise<RateLimitResult>;
}

/** Limits calls over Redis, and in this process while Redis is absent or fails. */
export function createRateLimiter(redis: RedisGuard, { windowMs, ...limits }: Settings['rateLimit']): RateLimiter {
  // Redis counts in whole seconds; rounded down, a window would let more calls through than it says.
  const seconds = Math.ceil(windowMs / 1000);
  const createPolicy = (policy: PolicyName) => {
    const limit = limits[policy];
    const budget = createBudget(redis, { name: policy, points: limit, seconds });
    return async (key: string) => ({ ...(await budget.spend(key)), policy, limit, windowSeconds: seconds });
  };
  const policies = { ip: createPolicy('ip'), user: createPolicy('user'), login: createPolicy('login') };
  return { consume: (policy, key) => policies[policy](key) };
}
