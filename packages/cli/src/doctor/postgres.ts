import { type MigrationStatus, migrationStatus } from '@taskapp/core';
import type { Knex } from 'knex';
import { reasonOf } from '../connection/database.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { checkIndexes } from './indexes.ts';

const OLDEST_VERSION = 140_000;
const CLOCK_MS = 2000;

interface Facts {
  readonly version: string;
  readonly version_number: number;
  readonly read_only: boolean;
  readonly now: number;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
}

const FACTS = `select current_setting('server_version') as version,
  current_setting('server_version_num')::int as version_number,
  current_setting('transaction_read_only') = 'on' as read_only,
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
  return [checkVersion(facts), checkDurability(facts), checkClock(facts), ...(await checkSchema(db, isEmbedded))];
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

/** The version, and whether it takes changes. */
export function checkVersion({
  version,
  version_number,
  read_only,
}: Pick<Facts, 'version' | 'version_number' | 'read_only'>): Check {
  if (version_number < OLDEST_VERSION)
    return fail('postgresql', `version ${version} is too old`, 'Use PostgreSQL 14 or later.');
  if (read_only)
    return fail('postgresql', 'it takes no changes', 'Point DATABASE_URL at a primary that is not set read-only.');
  return ok('postgresql', `version ${version}`);
}

/** Whether a crash of the machine loses or damages what was committed. */
export function checkDurability({
  fsync,
  full_page_writes,
  synchronous_commit,
}: Pick<Facts, 'fsync' | 'full_page_writes' | 'synchronous_commit'>): Check {
  const off = Object.entries({ fsync, full_page_writes })
    .filter(([, value]) => value === 'off')
    .map(([name]) => name);
  if (off.length > 0) {
    const detail = `${off.join(' and ')} off: a crash of the machine may damage all data`;
    return fail('durability', detail, 'Turn it on in postgresql.conf.');
  }
  if (synchronous_commit === 'off' || synchronous_commit === 'local') {
    const detail = `synchronous_commit is ${synchronous_commit}: a crash or a failover may lose the last changes`;
    return warn('durability', detail, 'Set it to on, in postgresql.conf or for the role or the database.');
  }
  return ok('durability', 'what is committed survives a crash');
}

/** Whether both clocks agree; tokens are dated by the one and sessions by the other. */
export function checkClock({ now, clock }: { readonly now: number; readonly clock: number }): Check {
  const ms = Math.round(Math.abs(now - clock));
  const detail = `PostgreSQL and this machine are ${ms} ms apart`;
  return ms <= CLOCK_MS ? ok('clock', detail) : fail('clock', detail, 'Synchronise both clocks with NTP.');
}

async function checkSchema(db: Knex, isEmbedded: boolean): Promise<Check[]> {
  try {
    const status = await migrationStatus(db);
    const migrations = checkMigrations(status, isEmbedded);
    return status.pending.length > 0 ? [migrations] : [migrations, await checkIndexes(db)];
  } catch (error) {
    return [fail('migrations', reasonOf(error), 'Give the role of DATABASE_URL its rights on the schema taskapp.')];
  }
}

function checkMigrations({ applied, pending, unknown }: MigrationStatus, isEmbedded: boolean): Check {
  const detail = `${pending.length} pending`;
  if (pending.length > 0 && isEmbedded) return ok('migrations', `${detail}; the next command applies them`);
  if (pending.length > 0) return fail('migrations', detail, 'Run `taskctl db migrate`.');
  if (unknown.length > 0)
    return warn('migrations', `from a newer version: ${unknown.join(', ')}`, 'Update this program.');
  return ok('migrations', `${applied.length} applied, none pending`);
}
