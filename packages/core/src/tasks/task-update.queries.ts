import { type Changes, changeCtes } from '../events/events.queries.ts';
import { CHANGE_COLUMNS, jointChangeCtes } from '../events/joint-changes.queries.ts';
import { forRecords } from '../kernel/batches.ts';
import type { Db } from '../kernel/database.ts';
import { createJointCommits, type JointRow } from '../kernel/joint-commits.ts';
import { Serialized } from '../kernel/serialized.ts';
import { memberMay } from '../workspaces/workspaces.queries.ts';
import type { Task } from './task.model.ts';
import {
  asColumn,
  asParameter,
  assertFound,
  type Context,
  describeChange,
  type Found,
  forActors,
  freeAmong,
  lockedIf,
  readLost,
  type Written,
} from './task-recording.queries.ts';
import { viewOf } from './task-view.ts';
import { wantedFrom } from './task-wanted.ts';
import { getTask } from './tasks.queries.ts';

type TaskFields = {
  readonly [F in 'title' | 'description' | 'status' | 'priority' | 'dueDate']?: Task[F] | undefined;
};

/** What is to become of a task; what is undefined stays. */
export interface TaskUpdate extends TaskFields {
  readonly id: string;
  /** What the same transaction has changed of its tags. */
  readonly tagChanges?: Changes;
}

const SUBJECT = `
  subject as (
    update taskapp.tasks t
    set title = w.title, description = w.description, status = w.status, priority = w.priority, due_date = w.due_date,
      completed_at = case when w.status = 'DONE' then coalesce(t.completed_at, now()) end,
      version = t.version + 1, updated_at = now()
    from wanted w where t.id = w.id and w.may and w."isKnown" and w.changes <> '{}'
    returning t.*
  )`;

const RESULT = `w.may, w."isKnown", s.version, case when s.id is not null then ${viewOf('s')} end as json`;

const update = forActors(
  (may) => `
  with ${lockedIf(may)},
  ${wantedFrom(asParameter, 'before b')},
  ${SUBJECT},
  ${changeCtes('(select changes from wanted)')}
  select ${RESULT}, e.* from wanted w left join subject s on true left join event e on true`,
);

const COLUMNS = {
  ...CHANGE_COLUMNS,
  versions: 'int[]',
  title: 'text',
  setsDescription: 'boolean',
  description: 'text',
  status: 'taskapp.task_status',
  priority: 'taskapp.task_priority',
  setsDueDate: 'boolean',
  dueDate: 'timestamptz',
  tagChanges: 'jsonb',
} as const;

const updateJointly = forRecords(
  COLUMNS,
  (records) => `
  with asked as materialized (${records}),
  before as materialized (
    select t.*, a."actorKind" = 'system' or ${memberMay('write', 't', 'a."actorId"')} as may
    from asked a join taskapp.tasks t on t.id = a."entityId" for update of t skip locked
  ),
  ${freeAmong('select workspace_id from before')},
  ${wantedFrom(asColumn, 'before b join free f on f.id = b.workspace_id join asked a on a."entityId" = b.id')},
  ${SUBJECT},
  ${jointChangeCtes('(select w.changes from wanted w where w.id = s.id)')}
  select a."eventId" as witness, ${RESULT}
  from wanted w join asked a on a."entityId" = w.id left join subject s on s.id = w.id`,
);

/**
 * Changes tasks and records what is different, each in one statement: the last of its transaction, or a transaction by
 * itself that those of one turn of the event loop share.
 */
export function createTaskUpdater(pool: Db) {
  const commit = createJointCommits<Found & Partial<Written> & JointRow>(pool, updateJointly);
  /** @throws task.not_found, task.forbidden, input.version_conflict */
  return async (db: Db, ctx: Context, { id, tagChanges = {}, ...given }: TaskUpdate): Promise<Serialized> => {
    const change = { type: 'task.updated', entityId: id } as const;
    const sets = { setsDescription: given.description !== undefined, setsDueDate: given.dueDate !== undefined };
    const fields = { ...given, ...sets, versions: ctx.ifMatch, tagChanges };
    const rows = await commit(db, describeChange(ctx, { change, bind: update[ctx.actor.kind], fields }));
    if (!rows) return readLost(db, ctx, id);
    const { json, version } = assertFound(rows[0]);
    return json == null ? getTask(db, ctx.actor, id) : new Serialized(json, { version: version as number });
  };
}
