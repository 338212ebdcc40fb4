import type { styleText } from 'node:util';
import type { Pagination } from '../pages.ts';
import type { TextOutput } from '../terminal/io.ts';

/** A record as operations return it. */
export type Row = Readonly<Record<string, unknown>>;

interface Shown {
  /** What people see instead of a table; empty: nothing, as there is nothing to tell. */
  readonly text?: string;
}

/** Records, and the fields that each of them has. */
export interface List extends Shown {
  readonly kind: 'list';
  readonly items: readonly Row[];
  /** The fields of an item, also where there is none. */
  readonly fields: readonly string[];
  readonly pagination?: Pagination;
}

/** What a command prints. */
export type Result = (Shown & { readonly kind: 'record'; readonly item: Row }) | List;

/** A colour or a weight of text. */
export type Tone = Parameters<typeof styleText>[0];

/** The tones of values, by field and value. */
export type Tones = Readonly<Record<string, Readonly<Record<string, Tone>>>>;

/** How the table of a result looks. */
export interface TableStyle {
  readonly columns?: readonly string[];
  readonly shortIds?: boolean;
  /** How some values of some fields stand out. */
  readonly tones?: Tones;
}

/** Where it is printed. */
export interface Target {
  readonly output: TextOutput;
  /** Names of fields may be bold, and values coloured. */
  readonly hasStyle: boolean;
  /** Values come with the names of their fields; true by default. */
  readonly hasHeaders?: boolean;
  /** Nothing is cut: lines may be longer than the terminal is wide. */
  readonly isWide?: boolean;
  readonly timeZone?: string | undefined;
}
