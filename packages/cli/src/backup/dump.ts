import { devNull } from 'node:os';
import type { Run } from '../terminal/run.ts';
import { failDamaged } from './format.ts';
import { runTool } from './postgres-tools.ts';
import type { Snapshot } from './snapshot.ts';

const CONTENT = ['--no-owner', '--no-privileges'];

/** Dumps the schema as the snapshot sees it, in PostgreSQL's custom format, and checks that the file can be read. */
export async function writeDump(run: Run, { id, header }: Snapshot, { path, url }: Dump): Promise<void> {
  const args = ['--format=custom', '--schema=taskapp', ...CONTENT, `--snapshot=${id}`, `--file=${path}`];
  await runTool(run, 'pg_dump', { args, url });
  const tables = await listDumped(run, path);
  const missing = header.tables.find(({ name }) => !tables.includes(name));
  if (missing) failDamaged(`pg_dump left out ${missing.name}`);
}

interface Dump {
  readonly path: string;
  readonly url: string;
}

/** Reads a dump to its end, so that one that was cut off is noticed in time; resolves with its migrations. */
export async function checkDump(run: Run, path: string): Promise<string[]> {
  const tables = await listDumped(run, path).catch((error: Error) => failDamaged(error.message, error));
  if (!tables.includes('migrations') || !tables.includes('users')) failDamaged('it holds nothing of taskapp');
  const read = (args: readonly string[]) =>
    runTool(run, 'pg_restore', { args: [...args, path] }).catch((error: Error) => failDamaged(error.message, error));
  await read([`--file=${devNull}`]);
  const history = await read(['--data-only', '--schema=taskapp', '--table=migrations', '--file=-']);
  return [...history.matchAll(/^\d+\t(\d+_\w+)\t/gm)].map(([, name = '']) => name);
}

/** Restores a dump into a database without the schema, in one transaction. */
export async function loadDump(run: Run, { path, url }: Dump): Promise<void> {
  const args = ['--dbname=', '--single-transaction', '--exit-on-error', ...CONTENT, path];
  await runTool(run, 'pg_restore', { args, url });
}

/** The tables of the schema whose rows a dump holds. */
async function listDumped(run: Run, path: string): Promise<string[]> {
  const list = await runTool(run, 'pg_restore', { args: ['--list', path] });
  return [...list.matchAll(/ TABLE DATA taskapp (\w+) /g)].map(([, name = '']) => name);
}
