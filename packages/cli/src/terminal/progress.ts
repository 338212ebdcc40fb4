import type { CliIo } from './io.ts';

const EVERY_MS = 100;

/** How far a command has come; shown on stderr where that is a terminal, and nowhere else. */
export interface Progress {
  /** So many more are done. */
  add(count: number): void;
  /** Takes it off the screen. */
  end(): void;
}

/** Shows "`verb` 1,000 of 5,000 rows", or "1,000 tasks" where nobody knows how many there are. */
export function createProgress({ stderr }: CliIo, isQuiet: boolean, { verb, total, things = 'rows' }: Goal): Progress {
  if (!stderr.isTTY || isQuiet) return { add: () => undefined, end: () => undefined };
  let done = 0;
  let shownAt = 0;
  return {
    add: (count) => {
      done += count;
      if (performance.now() - shownAt < EVERY_MS) return;
      shownAt = performance.now();
      stderr.write(`\r${verb} ${format(done)}${total === undefined ? '' : ` of ${format(total)}`} ${things}`);
    },
    end: () => {
      if (shownAt > 0) stderr.write('\r\u001b[K');
    },
  };
}

interface Goal {
  readonly verb: string;
  readonly total?: number;
  readonly things?: string;
}

const format = (count: number) => count.toLocaleString('en');
