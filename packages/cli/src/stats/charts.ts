/** What `tasks.stats` answers. */
export interface Stats {
  readonly total: number;
  readonly open: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byPriority: Readonly<Record<string, number>>;
  readonly overdue: number;
  readonly dueToday: number;
  readonly dueThisWeek: number;
  readonly timeZone: string;
  readonly completed: readonly { readonly date: string; readonly count: number }[];
}

/** Where charts are drawn. */
interface Canvas {
  /** Columns of the terminal. */
  readonly width: number;
  /** Nothing but ASCII. */
  readonly isPlain: boolean;
}

const MAX_BAR = 40;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The numbers in words, and as bars that fit the width. */
export function drawStats(stats: Stats, canvas: Canvas): string {
  const { total, open, overdue, dueToday, dueThisWeek, completed, timeZone } = stats;
  const done = completed.map(({ date, count }) => [date.slice(5), count] as const);
  const sum = completed.reduce((all, { count }) => all + count, 0);
  const parts = [
    `${total} tasks, ${open} open: ${overdue} overdue, ${dueToday} due today, ${dueThisWeek} due this week`,
    '',
    'By status',
    ...drawBars(Object.entries(stats.byStatus), canvas),
    '',
    'Open, by priority',
    ...drawBars(Object.entries(stats.byPriority).reverse(), canvas),
    '',
    `Done in ${completed.length} days (${timeZone}): ${sum}`,
    ...drawBars(done, canvas),
  ];
  return `${parts.join('\n')}\n`;
}

function drawBars(rows: readonly (readonly [string, number])[], { width, isPlain }: Canvas): string[] {
  const most = Math.max(1, ...rows.map(([, count]) => count));
  const names = Math.max(...rows.map(([name]) => name.length));
  const numbers = String(most).length;
  const room = Math.max(1, Math.min(MAX_BAR, width - names - numbers - 6));
  return rows.map(([name, count]) => {
    const number = String(count).padStart(numbers);
    return `  ${name.padEnd(names)}  ${number}  ${toBar((count / most) * room, isPlain)}`.trimEnd();
  });
}

/** A bar of so many characters; what is not nothing is seen. */
function toBar(length: number, isPlain: boolean): string {
  if (isPlain) return '#'.repeat(length > 0 ? Math.max(1, Math.round(length)) : 0);
  const eighths = length > 0 ? Math.max(1, Math.round(length * 8)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}
