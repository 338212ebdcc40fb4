import type { Knex } from 'knex';
import { bindChange, CHANGE, type Change } from '../events/events.queries.ts';
import type { CallContext } from '../kernel/contract.ts';
import { Serialized } from '../kernel/serialized.ts';
import type { Task } from './task.model.ts';
import { tagsIn, viewOf } from './task-view.ts';

/** The columns of a task that its callers decide about. */
export type TaskFields = Pick<Task, 'title' | 'description' | 'status' | 'priority' | 'dueDate'>;

/** A change of one task, with what the log says about it. */
interface Writing extends TaskFields {
  readonly id: string;
  readonly change: Omit<Change, 'entityId' | 'tasks'>;
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

/** Makes a task with tags that are locked, and records it, in one statement: the last of its transaction. */
export async function insertTask(
  db: Knex.Transaction,
  caller: Partial<CallContext>,
  task: Writing & Pick<Task, 'workspaceId' | 'creatorId'> & { readonly tagIds: readonly string[] },
): Promise<Serialized> {
  const { id: entityId, change, ...fields } = task;
  const bindings = { ...fields, ...bindChange(caller, { ...change, entityId, tasks: 1 }) };
  const { rows } = await db.raw(INSERT, bindings as never);
  return new Serialized(rows[0].json, rows[0].version);
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
  caller: Partial<CallContext>,
  { id: entityId, change, ...fields }: Writing,
): Promise<Serialized> {
  const { rows } = await db.raw(UPDATE, { ...fields, ...bindChange(caller, { ...change, entityId }) } as never);
  return new Serialized(rows[0].json, rows[0].version);
}
