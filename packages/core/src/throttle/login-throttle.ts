import { createHmac } from 'node:crypto';
import type { Db } from '../kernel/database.ts';
import { fail } from '../kernel/errors.ts';
import { networkOf } from '../kernel/network.ts';
import type { RedisGuard } from '../kernel/redis-guard.ts';
import type { Settings } from '../options.ts';
import { createBudget } from '../rate-limit/budget.ts';
import { rateLimitErrors } from '../rate-limit/rate-limit.errors.ts';
import { countAttempt, forgetAttempts, knowsNetwork, takeBackAttempt } from './login-attempts.queries.ts';

/** An attempt that may go on to check the password. */
export interface Attempt {
  /** True if the account is blocked should this attempt fail, and was not before. */
  readonly isLast: boolean;
  /** The password was right: what the attempt was charged is given back, and the account starts anew. */
  succeed(): Promise<void>;
  /** No password was compared: what the attempt was charged is given back, and `reason` thrown. */
  giveUp(reason: unknown): Promise<never>;
}

/** Slows down guessing: by address, by account and address, and, in the database, by account. */
export interface LoginThrottle {
  /**
   * Charges an attempt at an account, existing or not. A network that the account has been used from lately is not
   * delayed by attempts from elsewhere, so that nobody can lock an owner out.
   *
   * @throws rate_limit.exceeded
   */
  admit(db: Db, attempt: { emailKey: string; ip: string | undefined }): Promise<Attempt>;
}

/** `secret` keeps addresses unreadable in Redis and in the table of attempts. */
export function createLoginThrottle(redis: RedisGuard, settings: Settings['throttle'], secret: string): LoginThrottle {
  const pairs = createBudget(redis, { name: 'login:pair', points: settings.perAccountAndIp, seconds: 300 });
  const addresses = createBudget(redis, { name: 'login:ip', points: settings.perIp, seconds: 900 });
  const hash = (emailKey: string) =>
    createHmac('sha256', `taskapp login ${secret}`).update(emailKey).digest('base64url').slice(0, 22);

  return {
    async admit(db, { emailKey, ip }) {
      const account = hash(emailKey);
      const network = ip === undefined ? undefined : networkOf(ip);
      const pair = `${account}:${network}`;
      if (network) {
        for (const { allowed, resetSeconds } of [await pairs.spend(pair), await addresses.spend(network)]) {
          if (!allowed) fail(rateLimitErrors.exceeded, { retryAfter: resetSeconds });
        }
      }
      const count = await countAttempt(db, account, settings);
      const isCounted = count.wait === undefined;
      if (!isCounted && !(network && (await knowsNetwork(db, emailKey, network))))
        fail(rateLimitErrors.exceeded, { retryAfter: count.wait });
      return {
        isLast: isCounted && count.isLast,
        succeed: async () => {
          await Promise.all([network && pairs.clear(pair), network && addresses.refund(network)]);
          await forgetAttempts(db, account);
        },
        giveUp: async (reason) => {
          await Promise.all([network && pairs.refund(pair), network && addresses.refund(network)]);
          if (isCounted) await takeBackAttempt(db, account);
          throw reason;
        },
      };
    },
  };
}
