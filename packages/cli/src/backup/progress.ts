import type { CliIo } from '../terminal/io.ts';

const EVERY_MS = 100;

/** How far a command has come; shown on stderr where that is a terminal, and nowhere else. */
export interface Progress {
  /** So many more are done. */
  add(count: number): void;
  /** Takes it off the screen. */
  end(): void;
}

/** Shows "`verb` 1,000 of 5,000 rows". */
export function createProgress({ stderr }: CliIo, isQuiet: boolean, { verb, total }: Goal): Progress {
  if (!stderr.isTTY || isQuiet) return { add: () => undefined, end: () => undefined };
  let done = 0;
  let shownAt = 0;
  return {
    add: (count) => {
      done += count;
      if (performance.now() - shownAt < EVERY_MS) return;
      shownAt = performance.now();
      stderr.write(`\r${verb} ${format(done)} of ${format(total)} rows`);
    },
    end: () => {
      if (shownAt > 0) stderr.write('\r\u001b[K');
    },
  };
}

interface Goal {
  readonly verb: string;
  readonly total: number;
}

const format = (count: number) => count.toLocaleString('en');
