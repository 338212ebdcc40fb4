import { open, readFile } from 'node:fs/promises';
import type { Outcome } from './outcome.ts';

/** What a client is about to do. */
export interface Intent {
  readonly op: string;
  readonly kind: 'create' | 'update' | 'remove';
  readonly user: string;
  /** The task to change; a created task is found by its title. */
  readonly task?: string;
  /** The idempotency key, where one is sent. */
  readonly key?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** What became of it, as far as the client knows. */
export interface Result {
  readonly op: string;
  readonly outcome: Outcome;
  readonly status?: number;
  readonly code?: string;
  /** The task, as the answer told. */
  readonly id?: string;
  readonly version?: number;
}

export type Entry = ({ readonly at: 'intent' } & Intent) | ({ readonly at: 'result' } & Result);

/** A file that remembers what was tried, even if everything else dies. */
export interface Journal {
  /** Resolves once the line is on disk. Lines of many clients share one fsync. */
  write(entry: Entry): Promise<void>;
  /** Reads the file, not what was kept in memory. */
  read(): Promise<Entry[]>;
  close(): Promise<void>;
}

/** Opens a journal at `path`. */
export async function openJournal(path: string): Promise<Journal> {
  const file = await open(path, 'a');
  let waiting: { line: string; done: () => void; failed: (error: unknown) => void }[] = [];
  let isFlushing = false;
  const flush = async () => {
    if (isFlushing) return;
    isFlushing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await file.appendFile(batch.map(({ line }) => line).join(''));
        await file.datasync();
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    isFlushing = false;
  };
  const write = (entry: Entry) =>
    new Promise<void>((done, failed) => {
      waiting.push({ line: `${JSON.stringify(entry)}\n`, done, failed });
      void flush();
    });
  const read = async () =>
    (await readFile(path, 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry);
  return { write, read, close: () => file.close() };
}
