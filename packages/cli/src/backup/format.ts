import * as z from 'zod';
import { failCli } from '../failures.ts';

/** The two kinds of backup files. */
export const FORMATS = ['pg_dump', 'ndjson'] as const;

/** The kind of a backup file. */
export type Format = (typeof FORMATS)[number];

const VERSION = 1;
/** Names become identifiers in SQL. */
const name = z.string().regex(/^[a-z_][a-z0-9_]*$/);
const headerSchema = z.object({
  format: z.literal('taskapp-backup'),
  version: z.int(),
  createdAt: z.iso.datetime(),
  postgres: z.string(),
  migrations: z.array(z.string().regex(/^\d+_\w+$/)).min(1),
  tables: z.array(z.object({ name, columns: z.array(name).min(1), rows: z.int().min(0) })),
});
const trailerSchema = z.object({ end: z.object({ rows: z.int().min(0), sha256: z.string() }) });

/** The first line: what the file holds, tables in the order in which they can be filled. */
export type Header = z.infer<typeof headerSchema>;
/** The last line: what came before it. */
export type Trailer = z.infer<typeof trailerSchema>;

/** A header of this program's version of the format. */
export const createHeader = (facts: Omit<Header, 'format' | 'version'>): Header => ({
  format: 'taskapp-backup',
  version: VERSION,
  ...facts,
});

/** How many rows there are in all tables. */
export const totalOf = ({ tables }: Pick<Header, 'tables'>): number => tables.reduce((sum, { rows }) => sum + rows, 0);

/** The last migration that the data had. */
export const schemaVersionOf = (migrations: readonly string[]): string => migrations.at(-1) ?? '';

/** A line of JSON, with its line end. */
export const toLine = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** The line of a row; the row is JSON as PostgreSQL wrote it, which nobody parses on the way. */
export const toRowLine = (table: string, json: string): string => `{"table":"${table}","row":${json}}\n`;

const ROW = /^\{"table":"([a-z0-9_]+)","row":(\{.*\})\}$/s;

/** The table of a line and the row as JSON. */
export function readRowLine(line: string): { table: string; json: string } {
  const [, table = '', json = ''] = ROW.exec(line) ?? failDamaged('a line is no row');
  return { table, json };
}

/** True for what the last line begins with, and no row does. */
export const isTrailer = (line: string): boolean => line.startsWith('{"end":');

/** Reads the first line; fails for what is no backup, or one that only a newer program understands. */
export function readHeader(line: string): Header {
  const found = parse(line) as Partial<Header> | undefined;
  if (found?.format !== 'taskapp-backup') failDamaged('it does not begin like one');
  if (found.version !== VERSION) {
    failCli(
      'cli.check_failed',
      `The backup has version ${found.version} of the format; this program reads ${VERSION}`,
      {
        hint: 'Restore it with the version of taskctl that made it, or a newer one. Nothing was changed.',
      },
    );
  }
  const { data } = headerSchema.safeParse(found);
  return data ?? failDamaged('its first line is not complete');
}

/** Reads the last line. */
export const readTrailer = (line: string): Trailer['end'] =>
  trailerSchema.safeParse(parse(line)).data?.end ?? failDamaged('its last line is not complete');

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Refuses a file that is not what `taskctl backup` wrote. */
export function failDamaged(reason: string, cause?: unknown): never {
  failCli('cli.check_failed', `The file is no backup, or it was cut off or changed: ${reason}`, {
    hint: 'No data were changed. Take another backup.',
    cause,
  });
}
