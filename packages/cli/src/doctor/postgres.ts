import { migrationStatus } from '@taskapp/core';
import type { Knex } from 'knex';
import { reasonOf } from '../connection/database.ts';
import { type Check, fail, ok, warn } from './check.ts';

const OLDEST_VERSION = 140_000;
const CLOCK_WARN_MS = 2000;
const CLOCK_FAIL_MS = 60_000;

interface Facts {
  readonly version: string;
  readonly version_number: number;
  readonly standby: boolean;
  readonly now: number;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
}

const FACTS = `select current_setting('server_version') as version,
  current_setting('server_version_num')::int as version_number,
  pg_is_in_recovery() as standby,
  (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
  current_setting('fsync') as fsync,
  current_setting('full_page_writes') as full_page_writes,
  current_setting('synchronous_commit') as synchronous_commit`;

/** Whether PostgreSQL answers, is new enough, keeps what it is told, and has the schema of this version. */
export async function checkPostgres(db: Knex, isEmbedded: boolean): Promise<Check[]> {
  const facts = await readFacts(db);
  if ('error' in facts) {
    return [fail('postgresql', reasonOf(facts.error), 'Start PostgreSQL, or correct DATABASE_URL.')];
  }
  return [checkVersion(facts), checkDurability(facts), checkClock(facts), await checkMigrations(db, isEmbedded)];
}

async function readFacts(db: Knex): Promise<(Facts & { readonly clock: number }) | { readonly error: unknown }> {
  try {
    await db.raw('select 1');
    const before = Date.now();
    const { rows } = await db.raw(FACTS);
    return { ...rows[0], clock: (before + Date.now()) / 2 };
  } catch (error) {
    return { error };
  }
}

function checkVersion({ version, version_number, standby }: Facts): Check {
  if (version_number < OLDEST_VERSION)
    return fail('postgresql', `version ${version} is too old`, 'Use PostgreSQL 14 or later.');
  if (standby) return fail('postgresql', 'a standby that takes no changes', 'Point DATABASE_URL at the primary.');
  return ok('postgresql', `version ${version}`);
}

function checkDurability({ fsync, full_page_writes, synchronous_commit }: Facts): Check {
  const off = Object.entries({ fsync, full_page_writes, synchronous_commit })
    .filter(([, value]) => value === 'off')
    .map(([name]) => name);
  if (off.length === 0) return ok('durability', 'what is committed survives a crash');
  return warn(
    'durability',
    `${off.join(' and ')} off: a crash may lose or damage data`,
    'Turn it on in postgresql.conf.',
  );
}

function checkClock({ now, clock }: Facts & { readonly clock: number }): Check {
  const ms = Math.round(Math.abs(now - clock));
  const detail = `PostgreSQL and this machine are ${ms} ms apart`;
  if (ms < CLOCK_WARN_MS) return ok('clock', detail);
  return (ms < CLOCK_FAIL_MS ? warn : fail)('clock', detail, 'Synchronise both clocks with NTP.');
}

async function checkMigrations(db: Knex, isEmbedded: boolean): Promise<Check> {
  const { applied, pending } = await migrationStatus(db);
  if (pending.length === 0) return ok('migrations', `${applied.length} applied, none pending`);
  const detail = `${pending.length} pending`;
  if (isEmbedded) return ok('migrations', `${detail}; the next command applies them`);
  return fail('migrations', detail, 'Run `taskctl db migrate`.');
}
