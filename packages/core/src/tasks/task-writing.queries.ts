import type { Knex } from 'knex';
import { bindChange, CHANGE, type Change } from '../events/events.queries.ts';
import type { CallContext } from '../kernel/contract.ts';
import { Task } from './task.model.ts';
import { refuseTag, TAGS, TAGS_OF } from './tasks.queries.ts';

/** The columns of a task that its callers decide about. */
export type TaskFields = Pick<Task, 'title' | 'description' | 'status' | 'priority' | 'dueDate'>;

/** A change of one task, with what the log says about it. */
interface Writing extends TaskFields {
  readonly id: string;
  readonly change: Omit<Change, 'entityId' | 'tasks'>;
}

const INSERT = `
  with subject as (
    insert into taskapp.tasks (id, workspace_id, creator_id, title, description, status, priority, due_date, completed_at)
    values (:entityId, :workspaceId, :creatorId, :title, :description, :status, :priority, :dueDate,
      case when :status = 'DONE' then now() end)
    returning *
  ),
  links as (
    insert into taskapp.task_tags (task_id, tag_id)
    select s.id, g.id from subject s, (
      select id from taskapp.tags where workspace_id = :workspaceId and id = any(:tagIds::uuid[]) for key share
    ) g
    returning tag_id
  ),
  ${CHANGE}
  select s.*, (select ${TAGS} from links l join taskapp.tags g on g.id = l.tag_id) as tags, e.*
  from subject s, event e`;

/** Makes a task with its tags and records it, in one statement: the last of its transaction. */
export async function insertTask(
  db: Knex.Transaction,
  caller: Partial<CallContext>,
  task: Writing & Pick<Task, 'workspaceId' | 'creatorId'> & { readonly tagIds: readonly string[] },
): Promise<Task> {
  const { id: entityId, change, tagIds, ...fields } = task;
  const bindings = { ...fields, tagIds, ...bindChange(caller, { ...change, entityId, tasks: 1 }) };
  const { rows } = await db.raw(INSERT, bindings as never);
  const made = readRow(rows[0]);
  const linked = new Set(made.tags.map(({ id }) => id));
  const unknown = tagIds.findIndex((tagId) => !linked.has(tagId));
  if (unknown >= 0) refuseTag(unknown);
  return made;
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
  select s.*, ${TAGS_OF('s')} as tags, e.* from subject s, event e`;

/** Changes a locked task and records it, in one statement: the last of its transaction. */
export async function updateTask(
  db: Knex.Transaction,
  caller: Partial<CallContext>,
  { id: entityId, change, ...fields }: Writing,
): Promise<Task> {
  const bindings = { ...fields, ...bindChange(caller, { ...change, entityId }) };
  const { rows } = await db.raw(UPDATE, bindings as never);
  return readRow(rows[0]);
}

const readRow = ({ taskapp_witness: _witness, ...row }: Record<string, unknown>) => Task.fromDatabaseJson(row) as Task;
