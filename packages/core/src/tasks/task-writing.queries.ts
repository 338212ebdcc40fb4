import type { Knex } from 'knex';
import { bindChange, type Caller, CHANGE, type Changes, valuesAfter } from '../events/events.queries.ts';
import { Serialized } from '../kernel/serialized.ts';
import type { Task } from './task.model.ts';
import { tagsIn, viewOf } from './task-view.ts';

/** A new task; its tags are locked. */
interface NewTask
  extends Pick<Task, 'id' | 'workspaceId' | 'creatorId' | 'title' | 'description' | 'status' | 'priority' | 'dueDate'> {
  readonly tagIds: readonly string[];
  readonly changes: Changes;
}

// The tags are locked by the statement before; links show only the rows that this statement began with.
const INSERT = `
  with subject as (
    insert into taskapp.tasks (id, workspace_id, creator_id, title, description, status, priority, due_date, completed_at)
    values (:entityId, :workspaceId, :creatorId, :title, :description, :status, :priority, :dueDate,
      case when :status = 'DONE' then now() end)
    returning *
  ),
  links as (
    insert into taskapp.task_tags (task_id, tag_id) select id, unnest(:tagIds::uuid[]) from subject returning tag_id
  ),
  ${CHANGE}
  select ${viewOf('s', tagsIn('from links l join taskapp.tags g on g.id = l.tag_id'))} as json, s.version, e.*
  from subject s, event e`;

/** Makes a task and records it, in one statement: the last of its transaction. */
export async function insertTask(
  db: Knex.Transaction,
  caller: Caller,
  { id: entityId, changes, ...fields }: NewTask,
): Promise<Serialized> {
  const change = bindChange(caller, { type: 'task.created', entityId, tasks: 1, changes });
  const { rows } = await db.raw(INSERT, { ...fields, ...change } as never);
  return new Serialized(rows[0].json, rows[0]);
}

const UPDATE = `
  with subject as (
    update taskapp.tasks
    set title = :title, description = :description, status = :status, priority = :priority, due_date = :dueDate,
      completed_at = case when :status = 'DONE' then coalesce(completed_at, now()) end,
      version = version + 1, updated_at = now()
    where id = :entityId
    returning *
  ),
  ${CHANGE}
  select ${viewOf('s')} as json, s.version, e.* from subject s, event e`;

/** Changes a locked task and records it, in one statement: the last of its transaction. */
export async function updateTask(
  db: Knex.Transaction,
  caller: Caller,
  { before, type, changes }: { before: Task; type: `task.${string}`; changes: Changes },
): Promise<Serialized> {
  const { title, description, status, priority, dueDate } = { ...before, ...valuesAfter(changes) };
  const change = bindChange(caller, { type, entityId: before.id, changes });
  const { rows } = await db.raw(UPDATE, { title, description, status, priority, dueDate, ...change } as never);
  return new Serialized(rows[0].json, rows[0]);
}
