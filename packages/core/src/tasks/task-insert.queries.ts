import { type Changes, changeCtes } from '../events/events.queries.ts';
import type { Db } from '../kernel/database.ts';
import { Serialized } from '../kernel/serialized.ts';
import { named } from '../kernel/statement.ts';
import type { Task } from './task.model.ts';
import { type Context, readLost, record, type Written } from './task-recording.queries.ts';
import { tagsIn, viewOf } from './task-view.ts';

/** A new task; its tags are locked. */
interface NewTask
  extends Pick<Task, 'id' | 'workspaceId' | 'creatorId' | 'title' | 'description' | 'status' | 'priority' | 'dueDate'> {
  readonly tagIds: readonly string[];
  readonly changes: Changes;
}

const insertWith = (ctes: string, tags: string) =>
  named(`
  with subject as (
    insert into taskapp.tasks (id, workspace_id, creator_id, title, description, status, priority, due_date, completed_at)
    values (:entityId, :workspaceId, :creatorId, :title, :description, :status::taskapp.task_status, :priority, :dueDate,
      case when :status::taskapp.task_status = 'DONE' then now() end)
    returning *
  ),
  ${ctes}
  ${changeCtes()}
  select ${viewOf('s', tags)} as json, s.version, e.*
  from subject s, event e`);

const insert = insertWith('', "'[]'::json");
// The tags are locked by the statement before; links show only the rows that this statement began with.
const insertTagged = insertWith(
  `links as (
    insert into taskapp.task_tags (task_id, tag_id) select id, unnest(:tagIds::uuid[]) from subject returning tag_id
  ),`,
  tagsIn('from links l join taskapp.tags g on g.id = l.tag_id'),
);

/** Makes a task and records it, in one statement: the last of its transaction. */
export async function insertTask(db: Db, ctx: Context, { id, changes, ...fields }: NewTask): Promise<Serialized> {
  const change = { type: 'task.created', entityId: id, tasks: 1, changes } as const;
  const bind = fields.tagIds.length > 0 ? insertTagged : insert;
  const [task] = (await record<Written>(db, ctx, { change, bind, fields })) ?? [];
  return task ? new Serialized(task.json, task) : readLost(db, ctx, id);
}
