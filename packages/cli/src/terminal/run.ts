import type { CliIo } from './io.ts';
import type { Reporter } from './reporter.ts';

/** One run of taskctl, as its commands see it. */
export interface Run {
  readonly io: CliIo;
  readonly reporter: Reporter;
  /** Registers what has to be closed at the end of the run, however it ends; the last one registered goes first. */
  defer(close: () => Promise<unknown>): void;
  /** From now on the command itself ends when `io.signal` says so, instead of being left behind. */
  takeSignal(): void;
}

/** The things to close at the end of a run. */
export interface Closers {
  add(close: () => Promise<unknown>): void;
  /** Closes everything, and only then throws the first error. */
  closeAll(): Promise<void>;
}

/** Collects what a run opens. */
export function createClosers(): Closers {
  const closers: (() => Promise<unknown>)[] = [];
  return {
    add: (close) => void closers.push(close),
    closeAll: async () => {
      const errors: unknown[] = [];
      for (let close = closers.pop(); close; close = closers.pop()) {
        await close().catch((error: unknown) => errors.push(error));
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
