import type { Db } from './database.ts';

/** Milliseconds after which PostgreSQL ends what a session of ours does or waits for. */
export const TIME_LIMITS = {
  statement_timeout: 5000,
  lock_timeout: 2000,
  idle_in_transaction_session_timeout: 10_000,
} as const;

/** One command for each setting that is laxer than ours, 0 (never) included. */
const REPAIRS = `
  select format('alter role %I in database %I set %s = ''%sms''', session_user, current_database(), name, wanted) as command
  from pg_settings join unnest(?::text[], ?::int[]) as ours (name, wanted) using (name)
  where setting::int not between 1 and wanted order by name`;

/**
 * The SQL that gives the role of `db` the time limits that its sessions lack; empty where all are in force. A session
 * that `connect` opened has them, unless a pooler stands in between and drops what is asked for at the start.
 */
export async function findMissingLimits(db: Db): Promise<string[]> {
  const { rows } = await db.raw(REPAIRS, [Object.keys(TIME_LIMITS), Object.values(TIME_LIMITS)]);
  return rows.map(({ command }: { command: string }) => command);
}
