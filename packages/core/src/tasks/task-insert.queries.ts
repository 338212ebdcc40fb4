import { type Changes, changeCtes } from '../events/events.queries.ts';
import { CHANGE_COLUMNS, jointChangeCtes } from '../events/joint-changes.queries.ts';
import { forRecords } from '../kernel/batches.ts';
import type { Db } from '../kernel/database.ts';
import { createJointCommits, type JointRow } from '../kernel/joint-commits.ts';
import { Serialized } from '../kernel/serialized.ts';
import { named } from '../kernel/statement.ts';
import type { Task } from './task.model.ts';
import {
  asColumn,
  asParameter,
  type Context,
  describeChange,
  freeAmong,
  type Reference,
  readLost,
  type Written,
} from './task-recording.queries.ts';
import { NO_TAGS, tagsIn, viewOf } from './task-view.ts';

/** A new task; its tags are locked. */
interface NewTask
  extends Pick<Task, 'id' | 'workspaceId' | 'creatorId' | 'title' | 'description' | 'status' | 'priority' | 'dueDate'> {
  readonly tagIds: readonly string[];
  readonly changes: Changes;
}

const insertFrom = (value: Reference, from = '') => `
  insert into taskapp.tasks (id, workspace_id, creator_id, title, description, status, priority, due_date, completed_at)
  select ${value('entityId')}, ${value('workspaceId')}, ${value('creatorId')}, ${value('title')}, ${value('description')},
    ${value('status')}::taskapp.task_status, ${value('priority')}, ${value('dueDate')},
    case when ${value('status')}::taskapp.task_status = 'DONE' then now() end
  ${from}
  returning *`;

const insertWith = (ctes: string, tags: string) =>
  named(`
  with subject as (${insertFrom(asParameter)}),
  ${ctes}
  ${changeCtes()}
  select ${viewOf('s', tags)} as json, s.version, e.*
  from subject s, event e`);

const insert = insertWith('', NO_TAGS);
// The tags are locked by the statement before; links show only the rows that this statement began with.
const insertTagged = insertWith(
  `links as (
    insert into taskapp.task_tags (task_id, tag_id) select id, unnest(:tagIds::uuid[]) from subject returning tag_id
  ),`,
  tagsIn('from links l join taskapp.tags g on g.id = l.tag_id'),
);

const COLUMNS = {
  ...CHANGE_COLUMNS,
  workspaceId: 'uuid',
  creatorId: 'uuid',
  title: 'text',
  description: 'text',
  status: 'taskapp.task_status',
  priority: 'taskapp.task_priority',
  dueDate: 'timestamptz',
} as const;

const insertJointly = forRecords(
  COLUMNS,
  (records) => `
  with asked as materialized (${records}),
  ${freeAmong('select "workspaceId" from asked')},
  subject as (${insertFrom(asColumn, 'from asked a join free f on f.id = a."workspaceId"')}),
  ${jointChangeCtes()}
  select a."eventId" as witness, ${viewOf('s', NO_TAGS)} as json, s.version
  from subject s join asked a on a."entityId" = s.id`,
);

/**
 * Makes tasks and records them, each in one statement: the last of its transaction, or a transaction by itself that those
 * of one turn of the event loop share.
 */
export function createTaskInserter(pool: Db) {
  const commit = createJointCommits<Written & JointRow>(pool, insertJointly);
  return async (db: Db, ctx: Context, { id, changes, ...fields }: NewTask): Promise<Serialized> => {
    const change = { type: 'task.created', entityId: id, tasks: 1, changes } as const;
    const bind = fields.tagIds.length > 0 ? insertTagged : insert;
    const [task] = (await commit(db, describeChange(ctx, { change, bind, fields }))) ?? [];
    return task ? new Serialized(task.json, task) : readLost(db, ctx, id);
  };
}
