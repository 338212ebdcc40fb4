import type { Access, OperationId } from '@taskapp/core';

/** An input field as far as a command line is concerned. */
export interface FieldSpec {
  readonly type: string;
  readonly description: string;
  readonly format?: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  /** `null` clears it. */
  readonly nullable: boolean;
}

/** What a command prints: nothing but what it was addressed to, one record, or the items under `key`. */
export type OutputSpec =
  | { readonly kind: 'none'; readonly fields: readonly string[] }
  | { readonly kind: 'record'; readonly fields: readonly string[] }
  | { readonly kind: 'list'; readonly key: string; readonly fields: readonly string[] };

/** One operation as plain data: what its command and its help are made of, without the schemas. */
export interface CommandSpec {
  readonly id: OperationId;
  readonly noun: string;
  readonly verb: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  /** The fields that name the resource; they are arguments, in this order. */
  readonly params: readonly string[];
  /** Absent fields stay as they are, so that clearing one needs a word for it. */
  readonly isPatch: boolean;
  /** It changes something, and a key can name the change. */
  readonly isKeyed: boolean;
  readonly fields: Readonly<Record<string, FieldSpec>>;
  readonly required: readonly string[];
  readonly output: OutputSpec;
}
