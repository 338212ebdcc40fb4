import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { failCli } from '../failures.ts';
import type { Row } from '../render/result.ts';
import { toTimestamp } from '../terminal/dates.ts';
import type { Problem, ReadRow } from './formats.ts';

const DATES = ['dueDate', 'completedAt', 'createdAt', 'updatedAt'];
const COLUMNS = ['id', 'title', 'description', 'status', 'priority', ...DATES, 'tags', 'tagColors', 'metadata'];
/** Text that a spreadsheet would run as a formula, and what is put in front of it against that. */
const RISKY = /^[=+\-@\t\r']/;
const GUARD = "'";

/** The first line of a file, and the lines of tasks. */
export const CSV_HEADER = `${COLUMNS.join(',')}\r\n`;

/** A task as a line of CSV after RFC 4180; no text is `""` and nothing is nothing. */
export function toCsvLine(task: Row, isGuarded: boolean): string {
  const tags = task.tags as readonly Readonly<Record<'name' | 'color', string>>[];
  const values: Row = {
    ...task,
    tags: tags.length > 0 ? joinNames(tags.map(({ name }) => name)) : null,
    tagColors: tags.length > 0 ? tags.map(({ color }) => color).join(';') : null,
    metadata: task.metadata === null ? null : JSON.stringify(task.metadata),
  };
  return `${COLUMNS.map((column) => toCell(values[column], isGuarded)).join(',')}\r\n`;
}

function toCell(value: unknown, isGuarded: boolean): string {
  if (value === null || value === undefined) return '';
  const text = value instanceof Date ? value.toISOString() : String(value);
  const guarded = isGuarded && RISKY.test(text) ? GUARD + text : text;
  return guarded === '' || /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** Names may hold anything: what separates them is escaped in them. */
const joinNames = (names: readonly string[]) => names.map((name) => name.replace(/[\\;]/g, '\\$&')).join(';');

function splitNames(cell: string): string[] {
  const names = [''];
  for (const [piece] of cell.matchAll(/\\?./gs)) {
    if (piece === ';') names.push('');
    else names.push(names.pop() + (piece.length > 1 ? piece.slice(1) : piece));
  }
  return names.map((name) => name.trim()).filter(Boolean);
}

/** One line as the library gives it, with its cells and the number of its last line. */
interface Line {
  readonly record: readonly (string | null)[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

/** Reads tasks from CSV with a header; columns may be left out and in any order, a column that nobody knows is refused. */
export async function* readCsvRows(chunks: AsyncIterable<string>, isGuarded: boolean): AsyncGenerator<ReadRow> {
  const lines = parseLines(chunks, isGuarded);
  let columns: readonly string[] | undefined;
  for await (const { record, raw, info } of lines) {
    const line = info.lines - (raw.trimEnd().match(/\n/g)?.length ?? 0);
    if (columns) yield { line, ...toTask(columns, record) };
    columns ??= readHeader(record);
  }
}

async function* parseLines(chunks: AsyncIterable<string>, isGuarded: boolean): AsyncGenerator<Line> {
  const cast = (text: string, { quoting }: { quoting: boolean }) => {
    if (text === '' && !quoting) return null;
    return isGuarded && text.startsWith(GUARD) ? text.slice(1) : text;
  };
  const options = { cast, info: true, raw: true, relax_column_count: true, skip_empty_lines: true } as const;
  const parser = parse({ ...options, max_record_size: 1_048_576 });
  // What ends early ends what it reads from as well; failures come with the lines.
  pipeline(Readable.from(chunks), parser, () => undefined);
  try {
    for await (const line of parser) yield line as Line;
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    if (code.startsWith('CSV_')) failCli('cli.usage', `This is no CSV of tasks: ${message}`, { cause: error });
    throw error;
  }
}

const plain = (name: string) => name.replace(/[^a-z]/gi, '').toLowerCase();

function readHeader(record: Line['record']): string[] {
  const columns = record.map((cell) => COLUMNS.find((column) => plain(column) === plain(cell ?? '')));
  const unknown = record.filter((_, at) => columns[at] === undefined);
  if (unknown.length > 0 || !columns.includes('title')) {
    const what = unknown.length > 0 ? `There is no column "${unknown[0] ?? ''}"` : 'There is no column "title"';
    failCli('cli.usage', what, { hint: `The first line names the columns: ${COLUMNS.join(', ')}.` });
  }
  return columns as string[];
}

function toTask(columns: readonly string[], record: Line['record']): { task: Row } | { problems: Problem[] } {
  if (record.length > columns.length) return { problems: [{ path: '', message: 'Has more cells than the header' }] };
  const { tags, tagColors, metadata, ...cells } = Object.fromEntries(
    columns.map((name, at) => [name, record[at] ?? null]),
  );
  try {
    const fields = Object.entries(cells).flatMap(([name, cell]) => toField(name, cell));
    const data = metadata === undefined ? [] : [['metadata', metadata && JSON.parse(metadata)]];
    return { task: Object.fromEntries([...fields, ...data, ...toTags(tags, tagColors)]) };
  } catch {
    return { problems: [{ path: 'metadata', message: 'Is no JSON' }] };
  }
}

/** What cannot be nothing and is left empty stays as it is. */
function toField(name: string, cell: string | null): [string, unknown][] {
  if (name === 'title') return [[name, cell ?? '']];
  if (cell === null) return ['description', 'dueDate', 'completedAt'].includes(name) ? [[name, null]] : [];
  if (DATES.includes(name)) return [[name, toTimestamp(cell)]];
  return [[name, ['status', 'priority'].includes(name) ? cell.trim().toUpperCase().replace(/[ -]/g, '_') : cell]];
}

function toTags(names: string | null | undefined, colors: string | null | undefined): [string, unknown][] {
  if (names === undefined) return [];
  const list = colors?.split(';') ?? [];
  const tags = splitNames(names ?? '').map((name, at) => ({
    name,
    ...(list[at]?.trim() && { color: list[at].trim() }),
  }));
  return [['tags', tags]];
}
