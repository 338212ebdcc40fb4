import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import type { Db } from '../kernel/database.ts';
import { fail } from '../kernel/errors.ts';
import { networkOf } from '../kernel/network.ts';
import type { RedisGuard } from '../kernel/redis-guard.ts';
import type { Settings } from '../options.ts';
import { createBudget } from '../rate-limit/budget.ts';
import { rateLimitErrors } from '../rate-limit/rate-limit.errors.ts';
import { countAttempt, forgetAttempts, knowsNetwork } from './login-attempts.queries.ts';

/** An attempt that may go on to check the password. */
export interface Attempt {
  /** The password was right: what the attempt was charged is given back. */
  succeed(): Promise<void>;
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
      const wait = await countAttempt(db, account, settings);
      if (wait !== undefined && !(network && isIP(ip ?? '') && (await knowsNetwork(db, emailKey, network))))
        fail(rateLimitErrors.exceeded, { retryAfter: wait });
      return {
        succeed: async () => {
          await Promise.all([network && pairs.clear(pair), network && addresses.refund(network)]);
          await forgetAttempts(db, account);
        },
      };
    },
  };
}
