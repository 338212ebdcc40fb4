import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { failCli } from '../failures.ts';
import type { Row } from '../render/result.ts';
import type { Run } from '../terminal/run.ts';
import { readCsvRows } from './csv.ts';
import { formatOf, type Read, type ReadRow, type TransferFormat } from './formats.ts';
import { readJsonTexts } from './json-values.ts';
import { fromTaskwarrior } from './taskwarrior.ts';

/** A file of tasks, and how it is to be read. */
export interface Source {
  /** `-`: stdin. */
  readonly file: string;
  readonly format: TransferFormat | undefined;
  /** Undo what `--safe` did at the export. */
  readonly isGuarded: boolean;
}

/** The tasks of a file, one at a time; what it is, is seen from its name or its beginning. */
export async function* readRows(run: Run, { file, format, isGuarded }: Source): AsyncGenerator<ReadRow> {
  const chunks = decode(openFile(run, file), file)[Symbol.asyncIterator]();
  const { value: first = '' } = await chunks.next();
  const all = prepend(first, chunks);
  const looksLikeJson = /^\s*[[{]/.test(first);
  const found = format ?? formatOf(file) ?? (looksLikeJson ? 'json' : 'csv');
  if (found === 'csv') return yield* readCsvRows(all, isGuarded);
  for await (const { text, line } of readJsonTexts(all)) yield { line, ...toTask(text, format) };
}

async function* prepend(first: string, others: AsyncIterator<string>): AsyncGenerator<string> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => others };
}

function openFile({ io }: Run, file: string): AsyncIterable<Buffer | string> {
  if (file !== '-') return createReadStream(resolve(io.cwd, file));
  if (io.stdin.isTTY) failCli('cli.usage', 'Pipe tasks in, or give the name of a file');
  return io.stdin;
}

async function* decode(bytes: AsyncIterable<Buffer | string>, file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of bytes) yield decoder.decode(Buffer.from(chunk), { stream: true });
    yield decoder.decode();
  } catch (error) {
    const { code = '' } = error as { code?: string };
    const name = file === '-' ? 'stdin' : file;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') failCli('cli.file', `${name} is not in UTF-8`, { cause: error });
    if (/^E[A-Z]+$/.test(code)) failCli('cli.file', `${name} cannot be read (${code})`, { cause: error });
    throw error;
  }
}

/** Taskwarrior's tasks are told by their `uuid`, which ours do not have. */
function toTask(text: string, format: TransferFormat | undefined): Read & { isTaskwarrior?: boolean } {
  try {
    const value = JSON.parse(text) as Row;
    const isTaskwarrior = format === 'taskwarrior' || (format === undefined && 'uuid' in value);
    return isTaskwarrior ? { ...fromTaskwarrior(value), isTaskwarrior } : { task: value };
  } catch (error) {
    return { problems: [{ path: '', message: `Is no JSON: ${(error as Error).message}` }] };
  }
}
