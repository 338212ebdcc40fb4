import { once } from 'node:events';
import { openTarget } from '../backup/target-file.ts';
import { openSession } from '../connection/open-session.ts';
import type { Session } from '../connection/session.ts';
import type { Row } from '../render/result.ts';
import { toVisibleJson, toVisibleLines } from '../render/sanitize.ts';
import type { Globals } from '../terminal/globals.ts';
import { createProgress } from '../terminal/progress.ts';
import type { Run } from '../terminal/run.ts';
import { CSV_HEADER, toCsvLine } from './csv.ts';
import type { TransferFormat } from './formats.ts';
import { toTaskwarrior } from './taskwarrior.ts';
import type { Task } from './taskwarrior-attributes.ts';

const PAGE_SIZE = 500;

/** What `taskctl task export` was asked for. */
export interface ExportWish {
  /** `-`: stdout. */
  readonly file: string;
  readonly format: TransferFormat;
  readonly force: boolean;
  readonly isGuarded: boolean;
  readonly workspaceId: string | undefined;
}

/** What there is to tell about an export. */
export interface ExportReport extends Record<string, unknown> {
  readonly file: string;
  readonly format: TransferFormat;
  readonly tasks: number;
}

/** Writes all tasks, newest first; a file is there once it is complete. */
export async function exportTasks(run: Run, globals: Globals, wish: ExportWish): Promise<ExportReport> {
  const { file, format, force } = wish;
  const target = file === '-' ? undefined : await openTarget(run, file, force);
  const write = target ? (text: string) => target.handle.write(text) : createPipe(run, wish);
  const session = await openSession(run, globals);
  const progress = createProgress(run.io, globals.quiet || file === '-', { verb: 'Exported', things: 'tasks' });
  const { begin, separate, lineOf, end } = writerOf(wish);
  let tasks = 0;
  await write(begin);
  for await (const page of readPages(session, wish)) {
    const text = page.map((task, at) => (tasks + at > 0 ? separate : '') + lineOf(task)).join('');
    await write(text);
    tasks += page.length;
    progress.add(page.length);
  }
  await write(tasks > 0 ? end : end.trimStart());
  progress.end();
  await target?.keep();
  return { file, format, tasks };
}

async function* readPages({ call }: Session, { workspaceId }: ExportWish): AsyncGenerator<readonly Row[]> {
  let cursor: unknown;
  do {
    const page = await call('tasks.export', {
      limit: PAGE_SIZE,
      ...(workspaceId && { workspaceId }),
      ...(cursor !== undefined && { cursor }),
    });
    yield page.tasks as readonly Row[];
    cursor = (page.pagination as Row).nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/** What stands around tasks, and how one is written. */
interface Writer {
  readonly begin: string;
  readonly separate: string;
  readonly lineOf: (task: Row) => string;
  readonly end: string;
}

function writerOf({ format, isGuarded }: ExportWish): Writer {
  if (format === 'csv')
    return { begin: CSV_HEADER, separate: '', lineOf: (task) => toCsvLine(task, isGuarded), end: '' };
  if (format === 'ndjson') return { begin: '', separate: '', lineOf: (task) => `${JSON.stringify(task)}\n`, end: '' };
  const lineOf = (task: Row) => JSON.stringify(format === 'json' ? task : toTaskwarrior(task as unknown as Task));
  return { begin: '[\n', separate: ',\n', lineOf, end: '\n]\n' };
}

/** At a terminal what people have written cannot move the cursor. */
function createPipe({ io: { stdout } }: Run, { format }: ExportWish) {
  const toVisible = format === 'csv' ? (text: string) => toVisibleLines(text.replaceAll('\r\n', '\n')) : toVisibleJson;
  return async (text: string): Promise<void> => {
    if (!stdout.write(stdout.isTTY ? toVisible(text) : text)) await once(stdout, 'drain');
  };
}
