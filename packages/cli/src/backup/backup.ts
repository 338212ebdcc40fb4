import type { FileHandle } from 'node:fs/promises';
import { openDatabase } from '../connection/database.ts';
import { failCli } from '../failures.ts';
import { createProgress } from '../terminal/progress.ts';
import type { Run } from '../terminal/run.ts';
import { checkDocument, openOutput, readFrom, writeTo } from './document-file.ts';
import { writeDump } from './dump.ts';
import { type Format, failDamaged, type Header, schemaVersionOf, totalOf } from './format.ts';
import { findObstacle } from './postgres-tools.ts';
import { explainProblem } from './problems.ts';
import { type Snapshot, withSnapshot } from './snapshot.ts';
import { openTarget } from './target-file.ts';

/** What `taskctl backup` was asked for. */
export interface BackupWish {
  /** `-`: stdout. */
  readonly file: string;
  readonly format: Format | undefined;
  /** Replace a file that exists. */
  readonly force: boolean;
  readonly isQuiet: boolean;
}

/** What there is to tell about a backup. */
export interface BackupReport extends Record<string, unknown> {
  readonly file: string;
  readonly format: Format;
  readonly schemaVersion: string;
  readonly createdAt: string;
  readonly rows: number;
  readonly tables: Readonly<Record<string, number>>;
  /** The size of the file; null for stdout. */
  readonly bytes: number | null;
}

/**
 * Makes the backup. Under its name there is a whole one, flushed to the disk and read back, or what was there before.
 */
export async function backup(run: Run, wish: BackupWish): Promise<BackupReport> {
  if (wish.file === '-' && run.io.stdout.isTTY) {
    failCli('cli.usage', 'A backup is nothing for a terminal: redirect stdout, or give the name of a file');
  }
  if (wish.format === 'pg_dump' && namesNdjson(wish.file)) {
    failCli('cli.usage', 'What goes to stdout, or to a file named .gz or .ndjson, is not in the format pg_dump');
  }
  const work = wish.file === '-' ? pipeBackup(run, wish) : storeBackup(run, wish);
  return work.catch(explainProblem(wish.file));
}

async function pipeBackup(run: Run, wish: BackupWish): Promise<BackupReport> {
  const { db } = await openDatabase(run, 'maintenance');
  return withSnapshot(db, async (snapshot) => {
    await writeNdjson(run, snapshot, wish);
    return toReport(snapshot.header, { file: wish.file, format: 'ndjson', bytes: null });
  });
}

async function storeBackup(run: Run, wish: BackupWish): Promise<BackupReport> {
  const target = await openTarget(run, wish.file, wish.force);
  const { db, config } = await openDatabase(run, 'maintenance');
  const { header, format } = await withSnapshot(db, async (snapshot) => {
    const chosen = await chooseFormat(run, wish, snapshot.header);
    const dump = { path: target.temporary, url: config.database.directUrl };
    if (chosen === 'pg_dump') await writeDump(run, snapshot, dump);
    else await writeNdjson(run, snapshot, wish, target.handle);
    return { header: snapshot.header, format: chosen };
  });
  if (format === 'ndjson') await checkDocument(() => readFrom(target.handle, isPacked(wish.file)));
  return toReport(header, { file: wish.file, format, bytes: await target.keep() });
}

async function writeNdjson(run: Run, snapshot: Snapshot, wish: BackupWish, handle?: FileHandle): Promise<void> {
  const goal = { verb: 'Backed up', total: totalOf(snapshot.header) };
  const progress = createProgress(run.io, wish.isQuiet, goal);
  const output = handle ? openOutput(handle) : run.io.stdout;
  const settings = { isPacked: isPacked(wish.file), endsOutput: handle !== undefined, signal: run.io.signal };
  await writeTo(output, snapshot, { ...settings, onRows: progress.add }).finally(progress.end);
}

const isPacked = (file: string) => file.endsWith('.gz');
const namesNdjson = (file: string) => file === '-' || /\.(gz|ndjson)$/.test(file);

/** pg_dump where it can do it, unless the name of the file says otherwise. */
async function chooseFormat(run: Run, { file, format }: BackupWish, { postgres }: Header): Promise<Format> {
  if (format === 'ndjson' || (!format && namesNdjson(file))) return 'ndjson';
  const major = Number.parseInt(postgres, 10);
  const obstacle = await findObstacle(run, major);
  if (!obstacle) return 'pg_dump';
  if (!format) run.reporter.debug(`Not with pg_dump: ${obstacle}`);
  if (!format) return 'ndjson';
  return failCli('cli.usage', obstacle, {
    hint: `Install the programs of PostgreSQL ${major}, or use --format ndjson.`,
  });
}

type Outcome = Pick<BackupReport, 'file' | 'format' | 'bytes'>;

const toReport = ({ migrations, createdAt, tables }: Header, outcome: Outcome): BackupReport => ({
  ...outcome,
  schemaVersion: schemaVersionOf(migrations) || failDamaged('the database has had no migrations'),
  createdAt,
  rows: totalOf({ tables }),
  tables: Object.fromEntries(tables.map(({ name, rows }) => [name, rows])),
});
