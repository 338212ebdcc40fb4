import { recordEvent } from '../events/account-events.queries.ts';
import type { Caller } from '../events/events.queries.ts';
import type { Db } from '../kernel/database.ts';
import { networkOf } from '../kernel/network.ts';
import { transaction } from '../kernel/transaction.ts';
import type { Settings } from '../options.ts';

const COUNT_ATTEMPT = `
  insert into taskapp.login_attempts as a (account_key, failures, day_failures, day_started_at, blocked_until)
  values (:account, 1, 1, now(), '-infinity')
  on conflict (account_key) do update set
    failures = a.failures + 1,
    day_failures = case when a.day_started_at < now() - interval '1 day' then 1 else a.day_failures + 1 end,
    day_started_at = case when a.day_started_at < now() - interval '1 day' then now() else a.day_started_at end,
    blocked_until = case
      when a.day_started_at >= now() - interval '1 day' and a.day_failures + 1 >= :perDay
        then a.day_started_at + interval '1 day'
      when a.failures + 1 >= :free
        then now() + least(power(2, least(a.failures + 1 - :free, 20)), :maxDelay) * interval '1 second'
      else '-infinity'
    end
  where a.blocked_until <= now()
  returning blocked_until > now() and (failures = :free or day_failures = :perDay) as "isLast"`;

/** What became of an attempt: it was counted, or has to wait for so many seconds. */
export type Counted = { readonly wait: number } | { readonly wait?: undefined; readonly isLast: boolean };

/**
 * Counts an attempt at an account before its password is checked, so that attempts at the same time are all counted.
 * `isLast`: if it fails, the account is blocked, which it was not before.
 */
export async function countAttempt(db: Db, account: string, settings: Settings['throttle']): Promise<Counted> {
  const { freeFailures: free, perDay, maxDelaySeconds: maxDelay } = settings;
  const { rows } = await db.raw(COUNT_ATTEMPT, { account, free, perDay, maxDelay });
  if (rows.length > 0) return rows[0];
  const [row] = await db('taskapp.login_attempts')
    .where('account_key', account)
    .select(db.raw('greatest(1, ceil(extract(epoch from blocked_until - now())))::int as "wait"'));
  return { wait: row?.wait ?? 1 };
}

/** Takes back one attempt that was counted; a block that it has brought about stays. */
export const takeBackAttempt = async (db: Db, account: string): Promise<void> => {
  await db('taskapp.login_attempts')
    .where('account_key', account)
    .update({
      failures: db.raw('greatest(failures - 1, 0)'),
      day_failures: db.raw('greatest(day_failures - 1, 0)'),
    });
};

/** Records that a password was wrong, and that its account is blocked from now on. */
export const recordFailedLogin = (
  db: Db,
  caller: Caller,
  { userId, isLast }: { userId: string | null; isLast: boolean },
): Promise<void> =>
  transaction(db, async (db) => {
    await recordEvent(db, caller, { type: 'login.failed', entityId: userId });
    if (isLast) await recordEvent(db, caller, { type: 'login.throttled', entityId: userId });
  });

/** Forgets the attempts at an account: its owner has signed in. */
export const forgetAttempts = async (db: Db, account: string): Promise<void> => {
  await db('taskapp.login_attempts').where('account_key', account).delete();
};

/** True if the account had a session from this network (an address, a /64 of IPv6) within 30 days. */
export async function knowsNetwork(db: Db, emailKey: string, network: string): Promise<boolean> {
  const addresses: string[] = await db('taskapp.sessions as s')
    .join('taskapp.users as u', 'u.id', 's.user_id')
    .where('u.email_key', emailKey)
    .whereRaw("s.last_used_at > now() - interval '30 days'")
    .whereNotNull('s.ip')
    .distinct('s.ip')
    .pluck('s.ip');
  return addresses.some((address) => networkOf(address) === network);
}

/** Deletes up to 500 counters that nobody has added to for two days; resolves with their number. */
export const purgeAttempts = async (db: Db): Promise<number> =>
  (
    await db.raw(`delete from taskapp.login_attempts where account_key in (
      select account_key from taskapp.login_attempts
      where day_started_at < now() - interval '2 days' and blocked_until < now() limit 500)`)
  ).rowCount;
