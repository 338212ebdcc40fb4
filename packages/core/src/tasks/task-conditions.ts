import type { TaskFilter } from './tasks.contract.ts';

/** A piece of SQL with the values of its question marks. */
export type Sql = readonly [text: string, values: readonly unknown[]];

/** Puts pieces one after the other. */
export const join = (pieces: readonly Sql[], separator: string): Sql => [
  pieces.map(([text]) => text).join(separator),
  pieces.flatMap(([, values]) => values),
];

const DUE = "coalesce(t.due_date, 'infinity')";

/** What the tasks `t` of a workspace (`null`: of all) have to fulfil. */
export function conditions(workspaceId: string | null, filter: TaskFilter): Sql[] {
  const { status, priority, tagId, dueBefore, dueAfter } = filter;
  const linked = 'exists (select 1 from taskapp.task_tags l where l.task_id = t.id and l.tag_id = ?)';
  const ofTag = 't.workspace_id = (select g.workspace_id from taskapp.tags g where g.id = ?)';
  const all: readonly [text: string, value: unknown][] = [
    ['t.workspace_id = ?', workspaceId ?? undefined],
    // Every task with a tag is of the tag's workspace, whose indexes serve then.
    [ofTag, workspaceId === null ? tagId : undefined],
    ['t.status = ?', status],
    ['t.priority = ?', priority],
    [`${DUE} < ?`, dueBefore],
    // The second bound leaves out the tasks without a date, by the index as well.
    [`${DUE} < 'infinity' and ${DUE} >= ?`, dueAfter],
    [linked, tagId],
  ];
  return all.flatMap(([text, value]) => (value === undefined ? [] : [[text, [value]] as const]));
}

export const isFiltered = (filter: TaskFilter): boolean => Object.values(filter).some((value) => value !== undefined);
