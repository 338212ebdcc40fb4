import type { RedisGuard } from '../kernel/redis-guard.ts';
import { createSharedCounter } from './shared-counter.ts';
import { createWindowCounter, type WindowCount } from './window-counter.ts';

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
  const local = createWindowCounter(seconds * 1000);
  const shared = createSharedCounter(redis, `taskapp:limit:${name}:`, seconds * 1000);
  const spendOnBoth = async (key: string): Promise<WindowCount> => {
    const here = local.add(key);
    const everywhere = shared ? await shared.add(key) : undefined;
    // Redis knows less than this process when it was away, or lost what it had counted.
    if (!everywhere || everywhere.consumedPoints < here.consumedPoints) return here;
    local.set(key, everywhere.consumedPoints, everywhere.msBeforeNext - OVERLAP_MS);
    return everywhere;
  };
  return {
    spend: async (key) => {
      const { consumedPoints, msBeforeNext } = await spendOnBoth(key);
      const allowed = consumedPoints <= points;
      const resetSeconds = Math.max(allowed ? 0 : 1, Math.ceil(msBeforeNext / 1000));
      return { allowed, remaining: Math.max(0, points - consumedPoints), resetSeconds };
    },
    refund: async (key) => {
      local.takeBack(key);
      await shared?.takeBack(key);
    },
    clear: async (key) => {
      local.clear(key);
      await shared?.clear(key);
    },
  };
}
