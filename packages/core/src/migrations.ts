import { readdir } from 'node:fs/promises';
import type { Knex } from 'knex';
import { translateDatabaseError } from './kernel/database-errors.ts';
import { fail } from './kernel/errors.ts';
import { recordMigration } from './migration-events.ts';
import { untilUnblocked, withMigrationLock } from './migration-lock.ts';
import { prepareMigrations } from './migration-preparation.ts';
import { migrationErrors } from './migrations.errors.ts';

/** Which migrations a database has had, in order, and which this version adds. */
export interface MigrationStatus {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Those applied by a newer version. */
  readonly unknown: readonly string[];
}

const FROM_SOURCE = import.meta.url.endsWith('.ts');
const folderOf = (name: string) => new URL(FROM_SOURCE ? `../../../${name}/` : `./${name}/`, import.meta.url);

/** Names carry no extension: a database migrated from `.ts` and one from built `.js` have the same history. */
const source: Knex.MigrationSource<string> = {
  getMigrations: async () => {
    const files = await readdir(folderOf('migrations'));
    return files
      .filter((file) => /^\d+_\w+\.(ts|js)$/.test(file))
      .map(stem)
      .sort();
  },
  getMigrationName: (name) => name,
  getMigration: (name) => import(new URL(`${name}${FROM_SOURCE ? '.ts' : '.js'}`, folderOf('migrations')).href),
};
const stem = (file: string) => file.replace(/\.\w+$/, '');

/** The names of all migrations of this version, in order. */
export const knownMigrations = (): Promise<string[]> => source.getMigrations([]);

/** Waiting longer for a lock would hold up everybody who queues behind the migration, readers as well. */
const beforeEach = async (db: Knex): Promise<void> => {
  await db.raw(`set local lock_timeout = '500ms'`);
};

/** What Knex needs to run the migrations; for `knexfile.ts`. */
export const migrationConfig: Knex.MigratorConfig & { beforeEach: typeof beforeEach } = {
  migrationSource: source,
  schemaName: 'taskapp',
  tableName: 'migrations',
  beforeEach,
};

/** What `migrate` can be told. */
export interface MigrateOptions {
  /** The last migration to run; the newest by default. */
  readonly to?: string;
  /** Who does it, for the log of events. */
  readonly reason?: string;
}

/**
 * Brings the schema `taskapp` up to date; resolves with the names of the migrations that ran. Several processes may
 * call it at once: one works, the others wait for it, for a minute at most. Migrations of a newer version stay.
 *
 * @throws migration.locked, migration.blocked when others hold the tables and ten more tries over half a minute failed
 */
export const migrate = (db: Knex, { to, reason = 'migrate' }: MigrateOptions = {}): Promise<string[]> =>
  withMigrationLock(db, async (session) => {
    await db.raw('create schema if not exists taskapp');
    const { pending } = await migrationStatus(db);
    const next = pending.filter((name) => !to || name <= to).map((name) => source.getMigration(name));
    await prepareMigrations(session, await Promise.all(next));
    const afterAll = recordMigration({ type: 'database.migrated', reason });
    const config = { ...migrationConfig, afterAll, disableMigrationsListValidation: true };
    return runMigrator(db, (migrator) => (to ? migrator.to({ ...config, name: to }) : migrator.latest(config)));
  });

/**
 * Takes back the migrations of the last `migrate` call, or all of them, or nothing. Data in dropped tables is lost.
 * @throws migration.unknown, migration.locked, migration.blocked
 */
export const rollback = (db: Knex, { all = false, reason = 'rollback' } = {}): Promise<string[]> =>
  withMigrationLock(db, async () => {
    await refuseUnknown(db);
    const afterAll = recordMigration({ type: 'database.rolled_back', reason });
    const undo = (trx: Knex) => trx.migrate.rollback({ ...migrationConfig, afterAll }, all);
    return runMigrator(db, () => db.transaction(undo));
  });

async function refuseUnknown(db: Knex): Promise<void> {
  const { unknown } = await migrationStatus(db);
  const { unknown: error } = migrationErrors;
  if (unknown.length > 0) fail({ ...error, message: `${error.message}: ${unknown.join(', ')}` });
}

/** Tells what `migrate` would do; changes nothing. */
export async function migrationStatus(db: Knex): Promise<MigrationStatus> {
  const [known, applied] = await Promise.all([knownMigrations(), appliedMigrations(db)]);
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/** Fills an empty database with a believable demo; resolves with a summary of it. */
export async function seed(db: Knex): Promise<string> {
  const demo = await import(new URL(`demo${FROM_SOURCE ? '.ts' : '.js'}`, folderOf('seeds')).href);
  return demo.seed(db);
}

async function appliedMigrations(db: Knex): Promise<string[]> {
  const table = await db
    .raw("select to_regclass('taskapp.migrations') is not null as found")
    .catch(translateDatabaseError);
  if (!table.rows[0].found) return [];
  return db.withSchema('taskapp').from('migrations').orderBy('id').pluck('name');
}

async function runMigrator(db: Knex, work: (migrator: Knex.Migrator) => Promise<[number, string[]]>) {
  // Knex's own lock is a row that a crash leaves behind; whoever holds the lock of the session may clear it.
  await db.migrate.forceFreeMigrationsLock(migrationConfig);
  const [, names] = await untilUnblocked(() => work(db.migrate));
  return names;
}
