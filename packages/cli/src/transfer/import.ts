import { openSession } from '../connection/open-session.ts';
import type { Session } from '../connection/session.ts';
import { failCli } from '../failures.ts';
import type { Globals } from '../terminal/globals.ts';
import { createProgress } from '../terminal/progress.ts';
import type { Run } from '../terminal/run.ts';
import { createBatches, type Item } from './batches.ts';
import { createNaming, findProblems } from './check-row.ts';
import type { ReadRow } from './formats.ts';
import { createReport, type ImportReport, type Report } from './import-report.ts';
import { readRows, type Source } from './read-rows.ts';
import { toTaskwarriorName } from './taskwarrior.ts';

/** What `taskctl task import` was asked for. */
export interface ImportWish extends Source {
  readonly existing: 'newer' | 'replace' | 'keep';
  readonly copy: boolean;
  readonly dryRun: boolean;
  readonly continueOnError: boolean;
  readonly workspaceId: string | undefined;
}

/**
 * Imports the tasks of a file, a hundred at a time, and tells what became of them. At the first one that cannot be
 * imported it ends, unless it is to go on; what came before is imported then.
 */
export async function importTasks(run: Run, globals: Globals, wish: ImportWish): Promise<ImportReport> {
  const rows = readRows(run, wish);
  const session = await openSession(run, globals);
  const { contracts, MAX_IMPORTED } = await import('@taskapp/core');
  const { element } = contracts.tasks.import.input.shape.tasks;
  const report = createReport(wish);
  const progress = createProgress(run.io, globals.quiet, {
    verb: wish.dryRun ? 'Checked' : 'Imported',
    things: 'tasks',
  });
  const batches = createBatches(MAX_IMPORTED);
  const nameOf = createNaming();
  const send = (items: readonly Item[]) =>
    sendBatch({ session, wish, report }, items).finally(() => progress.add(items.length));
  try {
    for await (const row of rows) {
      const item = toItem(row, nameOf, (task) => findProblems(element, task));
      if ('problems' in item) report.fail(item);
      else await send(batches.add(item));
      if (report.hasFailed() && !wish.continueOnError) break;
    }
    await send(batches.take());
  } catch (error) {
    run.reporter.hint(report.interrupted());
    throw error;
  } finally {
    progress.end();
  }
  return report.make();
}

type Failed = Extract<ReadRow, { problems: unknown }>;

function toItem(
  row: ReadRow,
  nameOf: (task: Item['task']) => string,
  check: (task: Item['task']) => Failed['problems'],
): Item | Failed {
  if ('problems' in row) return row;
  const { task, line, isTaskwarrior = false } = row;
  const found = check(task);
  const problems = isTaskwarrior ? found.map(toTaskwarriorName) : found;
  if (problems.length > 0) return { line, problems };
  const { id } = task;
  const isNamed = id === undefined || id === null;
  return { line, isNamed, isTaskwarrior, task: isNamed ? { ...task, id: nameOf(task) } : task };
}

interface Sending {
  readonly session: Session;
  readonly wish: ImportWish;
  readonly report: Report;
}

async function sendBatch({ session, wish, report }: Sending, items: readonly Item[]): Promise<void> {
  if (items.length === 0) return;
  const { dryRun, workspaceId } = wish;
  const isNamed = items[0]?.isNamed === true;
  // What was named by its content is the same wherever it is imported, so every workspace has ids of its own for it.
  const how = isNamed ? ({ existing: 'keep', copy: true } as const) : { existing: wish.existing, copy: wish.copy };
  const input = { tasks: items.map(({ task }) => task), ...how, dryRun, ...(workspaceId && { workspaceId }) };
  const { results } = await session.call('tasks.import', input);
  if (!Array.isArray(results)) failCli('cli.usage', 'The server does not know how to import tasks');
  report.add(items, results);
}
