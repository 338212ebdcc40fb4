import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { translateDatabaseError } from './kernel/database-errors.ts';

/** Which migrations a database has had, in order, and which this version adds. */
export interface MigrationStatus {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
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

/** What Knex needs to run the migrations; for `knexfile.ts`. */
export const migrationConfig: Knex.MigratorConfig = {
  migrationSource: source,
  schemaName: 'taskapp',
  tableName: 'migrations',
};

/**
 * Brings the schema `taskapp` up to date; resolves with the names of the migrations that ran. Several processes may
 * call it at once: one works, the others wait for it, for a minute at most.
 */
export const migrate = (db: Knex): Promise<string[]> =>
  locked(db, async () => {
    await db.raw('create schema if not exists taskapp');
    return runMigrator(db, (migrator) => migrator.latest(migrationConfig));
  });

/** Takes back the migrations of the last `migrate` call, or all of them. Data in dropped tables is lost. */
export const rollback = (db: Knex, { all = false } = {}): Promise<string[]> =>
  locked(db, () => runMigrator(db, (migrator) => migrator.rollback(migrationConfig, all)));

/** Tells what `migrate` would do; changes nothing. */
export async function migrationStatus(db: Knex): Promise<MigrationStatus> {
  const [known, applied] = await Promise.all([source.getMigrations([]), appliedMigrations(db)]);
  return { applied, pending: known.filter((name) => !applied.includes(name)) };
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
  const [, names] = await work(db.migrate);
  return names;
}

const LOCK = 7_236_580_114;
const LOCK_WAIT_MS = 60_000;

/** A raw connection as Knex's PostgreSQL client makes it. */
interface Session {
  query(sql: string): Promise<{ rows: Record<string, unknown>[] }>;
}

/** Holds an advisory lock on a connection of its own: it ends with that session, whatever happens to the process. */
async function locked<T>(db: Knex, work: () => Promise<T>): Promise<T> {
  const session: Session = await db.client.acquireRawConnection().catch(translateDatabaseError);
  try {
    await takeLock(session);
    return await work();
  } catch (error) {
    return translateDatabaseError(error);
  } finally {
    await db.client.destroyRawConnection(session);
  }
}

/** Polls: a session that waits inside `pg_advisory_lock` deadlocks with indexes being built concurrently. */
async function takeLock(session: Session): Promise<void> {
  const deadline = performance.now() + LOCK_WAIT_MS;
  while (performance.now() < deadline) {
    const { rows } = await session.query(`select pg_try_advisory_lock(${LOCK}) as locked`);
    if (rows[0]?.locked) return;
    await sleep(200 + Math.random() * 100);
  }
  const { rows } = await session.query(
    `select pid from pg_locks where locktype = 'advisory' and granted and (classid::bigint << 32 | objid::bigint) = ${LOCK}`,
  );
  throw new Error(`Another process has been migrating for a minute (PostgreSQL backend ${rows[0]?.pid ?? 'unknown'})`);
}
