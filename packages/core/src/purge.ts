import { purgeSessions } from './auth/sessions.queries.ts';
import { purgeKeys } from './idempotency/idempotency.queries.ts';
import type { Db } from './kernel/database.ts';
import { purgeAttempts } from './throttle/login-attempts.queries.ts';

/** Rows that a purge has deleted. */
export interface Purged {
  /** Sessions that ended more than 30 days ago. */
  readonly sessions: number;
  /** Idempotency keys older than a day. */
  readonly idempotencyKeys: number;
  /** Counters of failed sign-ins that nobody has added to for two days. */
  readonly loginAttempts: number;
}

/** Deletes what nothing needs any more, in small batches; safe on several nodes at once. */
export const purge = async (db: Db): Promise<Purged> => ({
  sessions: await inBatches(() => purgeSessions(db)),
  idempotencyKeys: await inBatches(() => purgeKeys(db)),
  loginAttempts: await inBatches(() => purgeAttempts(db)),
});

async function inBatches(deleteSome: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let deleted = await deleteSome(); deleted > 0; deleted = await deleteSome()) total += deleted;
  return total;
}
