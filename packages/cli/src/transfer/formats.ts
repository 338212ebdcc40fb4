import type { Row } from '../render/result.ts';

/** What tasks can be written to and read from. */
export const TRANSFER_FORMATS = ['json', 'ndjson', 'csv', 'taskwarrior'] as const;

export type TransferFormat = (typeof TRANSFER_FORMATS)[number];

/** What the name of a file says about its format; JSON may still be Taskwarrior's. */
export function formatOf(file: string): TransferFormat | undefined {
  const [, ending = ''] = /\.(json|ndjson|jsonl|csv)$/i.exec(file) ?? [];
  return ending === ''
    ? undefined
    : ending.toLowerCase() === 'jsonl'
      ? 'ndjson'
      : (ending.toLowerCase() as TransferFormat);
}

/** A field that cannot be imported; its name is that of the file. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** One task of a file, as `tasks.import` takes it, or what is wrong with it. */
export type ReadRow = { readonly line: number; readonly isTaskwarrior?: boolean } & Read;

/** What a piece of a file says. */
export type Read = { readonly task: Row } | { readonly problems: readonly Problem[] };
