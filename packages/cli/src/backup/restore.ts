import type { Knex } from 'knex';
import { openDatabase } from '../connection/database.ts';
import { failCli } from '../failures.ts';
import { createProgress } from '../terminal/progress.ts';
import type { Run } from '../terminal/run.ts';
import { checkDocument } from './document-file.ts';
import { checkDump, loadDump } from './dump.ts';
import { dropEmpty, migrateExactly, refuseFilled, refuseNewer } from './empty-database.ts';
import { type Format, schemaVersionOf, totalOf } from './format.ts';
import { loadDocument } from './load.ts';
import { findVersion } from './postgres-tools.ts';
import { explainProblem } from './problems.ts';
import { revokeSessions } from './revoke-sessions.ts';
import { analyzeTables, countRows, listTables } from './schema.ts';
import { openBackup, type SourceFile } from './source-file.ts';

/** What `taskctl restore` was asked for. */
export interface RestoreWish {
  /** `-`: stdin. */
  readonly file: string;
  readonly revokeSessions: boolean;
  readonly isQuiet: boolean;
}

/** What there is to tell about a restore. */
export interface RestoreReport extends Record<string, unknown> {
  readonly file: string;
  readonly format: Format;
  /** Of the backup. */
  readonly schemaVersion: string;
  /** What came on top of it. */
  readonly migrated: readonly string[];
  readonly rows: number;
  readonly tables: Readonly<Record<string, number>>;
  /** Null where sessions were left as they were. */
  readonly revokedSessions: number | null;
}

/**
 * Restores a backup into an empty database, all of it or nothing, and brings its schema up to date. The whole file is
 * checked before anything is written.
 */
export async function restore(run: Run, wish: RestoreWish): Promise<RestoreReport> {
  const { file } = wish;
  try {
    const source = await openBackup(run, file);
    const work = source.format === 'pg_dump' ? restoreDump : restoreDocument;
    const { db, counts, ...restored } = await work(run, source, wish);
    const migrated = await bringUpToDate(run, db);
    const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return { file, format: source.format, ...restored, migrated, rows, tables: Object.fromEntries(counts) };
  } catch (error) {
    return explainProblem(file)(error);
  }
}

interface Restored extends Pick<RestoreReport, 'schemaVersion' | 'revokedSessions'> {
  readonly db: Knex;
  readonly counts: ReadonlyMap<string, number>;
}

async function restoreDocument(run: Run, source: SourceFile, wish: RestoreWish): Promise<Restored> {
  const { header, sha256 } = await checkDocument(source.read);
  const { db, config } = await openDatabase(run, 'maintenance');
  await refuseNewer(db, header.migrations);
  await refuseFilled(db);
  await migrateExactly(db, header.migrations);
  const progress = createProgress(run.io, wish.isQuiet, { verb: 'Restored', total: totalOf(header) });
  let revokedSessions: number | null = null;
  const finish = async (trx: Knex.Transaction) => {
    if (wish.revokeSessions) revokedSessions = await revokeSessions(trx, config);
  };
  const loading = { sha256, signal: run.io.signal, onRows: progress.add, finish };
  await loadDocument(db, source, loading).finally(progress.end);
  const counts = new Map(header.tables.map(({ name, rows }) => [name, rows]));
  return { db, counts, revokedSessions, schemaVersion: schemaVersionOf(header.migrations) };
}

async function restoreDump(run: Run, { path = '' }: SourceFile, wish: RestoreWish): Promise<Restored> {
  if ((await findVersion(run, 'pg_restore')) === undefined) {
    failCli('cli.usage', 'The backup is one of pg_dump, and pg_restore is not on the PATH', {
      hint: 'Install the programs of PostgreSQL. Nothing was changed.',
    });
  }
  const migrations = await checkDump(run, path);
  const { db, config } = await openDatabase(run, 'maintenance');
  await refuseNewer(db, migrations);
  await dropEmpty(db);
  await loadDump(run, { path, url: config.database.directUrl });
  const revokedSessions = wish.revokeSessions ? await revokeSessions(db, config) : null;
  const counts = await countRows(db, await listTables(db));
  return { db, counts, revokedSessions, schemaVersion: schemaVersionOf(migrations) };
}

/** The data are in; what fails from here on can be done again. */
async function bringUpToDate({ reporter }: Run, db: Knex): Promise<string[]> {
  try {
    const { migrate } = await import('@taskapp/core');
    const migrated = await migrate(db);
    await analyzeTables(db, await listTables(db));
    return migrated;
  } catch (error) {
    reporter.hint('The data are restored; run `taskctl db migrate` to bring their schema up to date.');
    throw error;
  }
}
