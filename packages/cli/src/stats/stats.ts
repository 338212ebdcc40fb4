import { openSession } from '../connection/open-session.ts';
import type { Row } from '../render/result.ts';
import type { Globals } from '../terminal/globals.ts';
import type { Run } from '../terminal/run.ts';
import { drawStats, type Stats } from './charts.ts';

/** What `taskctl stats` was asked for. */
export interface StatsWish {
  readonly input: Readonly<Record<string, string | undefined>>;
  /** Charts are to be of ASCII. */
  readonly isPlain: boolean;
}

/** Counts tasks and shows the numbers. */
export async function showStats(run: Run, globals: Globals, { input, isPlain }: StatsWish): Promise<void> {
  const { call, operationOf } = await openSession(run, globals);
  const { fromStrings } = await import('@taskapp/core');
  const timeZone = input.timeZone ?? globals.timeZone ?? localZone();
  const given = Object.entries({ ...input, timeZone }).filter(([, value]) => value !== undefined);
  const stats = await call('tasks.stats', fromStrings(operationOf('tasks.stats').input, Object.fromEntries(given)));
  const { stdout, env } = run.io;
  const text = drawStats(stats as unknown as Stats, {
    width: stdout.columns ?? 80,
    isPlain: isPlain || !isUnicode(env),
  });
  await run.reporter.print({ kind: 'record', item: stats as Row, text });
}

/** A machine whose zone nobody knows counts days as the app does. */
function localZone(): string | undefined {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return timeZone && timeZone !== 'Etc/Unknown' ? timeZone : undefined;
}

const isUnicode = ({ LC_ALL, LC_CTYPE, LANG }: Run['io']['env']): boolean =>
  /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
