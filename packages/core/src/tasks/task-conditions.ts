import type { TaskFilter } from './tasks.contract.ts';

/** A piece of SQL with the values of its question marks. */
export type Sql = readonly [text: string, values: readonly unknown[]];

/** Puts pieces one after the other. */
export const join = (pieces: readonly Sql[], separator: string): Sql => [
  pieces.map(([text]) => text).join(separator),
  pieces.flatMap(([, values]) => values),
];

/** What the tasks `t` of a workspace (`null`: of all) have to fulfil. */
export function conditions(workspaceId: string | null, filter: TaskFilter): Sql[] {
  const { status, priority, tagId, dueBefore, dueAfter } = filter;
  const linked = 'exists (select 1 from taskapp.task_tags l where l.task_id = t.id and l.tag_id = ?)';
  const all: readonly [text: string, value: unknown][] = [
    ['t.workspace_id = ?', workspaceId ?? undefined],
    ['t.status = ?', status],
    ['t.priority = ?', priority],
    ["coalesce(t.due_date, 'infinity') < ?", dueBefore],
    ['t.due_date >= ?', dueAfter],
    [linked, tagId],
  ];
  return all.flatMap(([text, value]) => (value === undefined ? [] : [[text, [value]] as const]));
}
