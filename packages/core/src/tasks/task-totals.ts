import { conditions, isFiltered, join, type Sql } from './task-conditions.ts';
import type { PageQuery } from './task-list.queries.ts';

/** SQL of how many tasks a query is about, `null` where nobody asks. */
export function totalOf({ count, filter, workspaceId }: PageQuery): Sql {
  if (!count) return ['null', []];
  const { tagId, ...others } = filter;
  if (isFiltered(others)) {
    const [where, values] = join(conditions(workspaceId, filter), ' and ');
    return [`select count(*) from taskapp.tasks t where ${where}`, values];
  }
  if (tagId !== undefined) return totalOfTag(tagId, workspaceId);
  if (workspaceId === null) return ['select coalesce(sum(task_count), 0) from taskapp.workspaces', []];
  return ['select task_count from taskapp.workspaces where id = ?', [workspaceId]];
}

/** Links are as many as tasks, which are of the tag's workspace. */
function totalOfTag(tagId: string, workspaceId: string | null): Sql {
  const links = 'select count(*) from taskapp.task_tags l where l.tag_id = ?';
  if (workspaceId === null) return [links, [tagId]];
  const own = 'exists (select 1 from taskapp.tags g where g.id = ? and g.workspace_id = ?)';
  return [`${links} and ${own}`, [tagId, tagId, workspaceId]];
}
