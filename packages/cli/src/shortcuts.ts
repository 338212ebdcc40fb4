import type { OperationId } from '@taskapp/core';

/** A short form at the top level: `taskctl done <id>` for `taskctl task update <id> --status DONE`. */
export interface Shortcut {
  readonly name: string;
  readonly operation: OperationId;
  readonly summary?: string;
  /** Fields given as arguments besides the path's; their words are joined. */
  readonly positional?: readonly string[];
  /** Columns of what it prints, where they differ from the operation's. */
  readonly columns?: readonly string[];
  /** Several resources at once: the result is a list. */
  readonly many?: boolean;
  /** Fixed values; nothing else can be given then. */
  readonly preset?: Readonly<Record<string, unknown>>;
}

export const shortcuts: readonly Shortcut[] = [
  { name: 'add', operation: 'tasks.quickAdd', positional: ['text'] },
  { name: 'ls', operation: 'tasks.list' },
  {
    name: 'done',
    operation: 'tasks.update',
    summary: 'Mark tasks as done',
    many: true,
    preset: { status: 'DONE' },
    columns: ['id', 'title', 'status', 'completedAt'],
  },
  { name: 'rm', operation: 'tasks.remove', summary: 'Delete tasks', many: true },
];
