import type { Pagination } from '../pages.ts';
import type { TextOutput } from '../terminal/io.ts';

/** A record as operations return it. */
export type Row = Readonly<Record<string, unknown>>;

interface Shown {
  /** What people see instead of a table; empty: nothing, as there is nothing to tell. */
  readonly text?: string;
}

/** What a command prints. */
export type Result = Shown &
  (
    | { readonly kind: 'record'; readonly item: Row }
    | {
        readonly kind: 'list';
        readonly items: readonly Row[];
        /** The fields of an item, also where there is none. */
        readonly fields: readonly string[];
        readonly pagination?: Pagination;
      }
  );

/** How the table of a result looks. */
export interface TableStyle {
  readonly columns?: readonly string[];
  readonly shortIds?: boolean;
}

/** Where it is printed. */
export interface Target {
  readonly output: TextOutput;
  /** Names of fields may be bold. */
  readonly hasStyle: boolean;
}
