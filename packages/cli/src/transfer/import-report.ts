import { failCli } from '../failures.ts';
import type { Item } from './batches.ts';
import type { Problem, ReadRow } from './formats.ts';
import { toTaskwarriorName } from './taskwarrior.ts';

const MAX_PROBLEMS = 20;
const COUNTS = ['created', 'updated', 'unchanged', 'skipped', 'failed'] as const;

type Counts = Record<(typeof COUNTS)[number], number>;

/** What became of the tasks of a file. */
export interface ImportReport extends Record<string, unknown>, Counts {
  readonly file: string;
  readonly dryRun: boolean;
  readonly problems: readonly Problem[];
}

interface Result {
  readonly outcome: keyof Counts;
  readonly errors: readonly Problem[];
}

/** Counts what becomes of tasks, and keeps the first problems. */
export interface Report {
  /** What the operation answered about tasks. */
  add(items: readonly Item[], results: readonly Result[]): void;
  /** A task that was not sent. */
  fail(row: Extract<ReadRow, { problems: unknown }>): void;
  hasFailed(): boolean;
  /** What to tell when something else ends the import. */
  interrupted(): string;
  make(): ImportReport;
}

export function createReport({ file, dryRun }: Pick<ImportReport, 'file' | 'dryRun'>): Report {
  const counts: Counts = { created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };
  const problems: Problem[] = [];
  const note = (line: number, found: readonly Problem[]) => {
    for (const { path, message } of found) {
      if (problems.length < MAX_PROBLEMS) problems.push({ path: `line ${line}${path && `, ${path}`}`, message });
    }
  };
  return {
    add: (items, results) => {
      for (const [at, { outcome, errors }] of results.entries()) {
        counts[outcome] += 1;
        const { line = 0, isTaskwarrior } = items[at] ?? {};
        note(line, isTaskwarrior ? errors.map(toTaskwarriorName) : errors);
      }
    },
    fail: ({ line, problems: found }) => {
      counts.failed += 1;
      note(line, found);
    },
    hasFailed: () => counts.failed > 0,
    interrupted: () => `${counts.created + counts.updated} tasks are imported; run it again for the others.`,
    make: () => ({ file, dryRun, ...counts, problems }),
  };
}

/** The report in a sentence: "Imported 3 tasks: 2 created, 1 unchanged". */
export function describeReport(report: ImportReport): string {
  const counts = COUNTS.filter((name) => report[name] > 0).map((name) => `${report[name]} ${name}`);
  const verb = report.dryRun ? 'Would be imported' : 'Imported';
  return `${verb}: ${counts.join(', ') || 'nothing'}\n`;
}

/** Ends the command where tasks could not be imported. */
export function failIncomplete({ problems, ...report }: ImportReport, isStopped: boolean): void {
  if (report.failed === 0) return;
  const total = COUNTS.reduce((sum, name) => sum + report[name], 0);
  const isAll = report.failed === total;
  const hint = isStopped ? 'Nothing after it was read; --continue-on-error goes on.' : undefined;
  failCli(isAll ? 'cli.usage' : 'cli.partly_failed', `${report.failed} of ${total} tasks cannot be imported`, {
    problems,
    ...(hint && { hint }),
  });
}
