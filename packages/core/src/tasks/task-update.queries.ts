import { type Changes, changeCtes } from '../events/events.queries.ts';
import type { Db } from '../kernel/database.ts';
import { Serialized } from '../kernel/serialized.ts';
import type { Task } from './task.model.ts';
import {
  assertFound,
  type Context,
  type Found,
  forActors,
  IS_KNOWN,
  lockedIf,
  readLost,
  record,
  type Written,
} from './task-recording.queries.ts';
import { iso, viewOf } from './task-view.ts';
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

const CHANGES = `
  select coalesce(jsonb_object_agg(f.name, jsonb_build_object('from', f.old, 'to', f.new)), '{}')
  from (values ('title', to_jsonb(b.title), to_jsonb(n.title)),
    ('description', to_jsonb(b.description), to_jsonb(n.description)),
    ('status', to_jsonb(b.status), to_jsonb(n.status)),
    ('priority', to_jsonb(b.priority), to_jsonb(n.priority)),
    ('dueDate', to_jsonb(${iso('b.due_date')}), to_jsonb(${iso('n.due_date')}))
  ) f (name, old, new) where f.old is distinct from f.new`;

const update = forActors(
  (may) => `
  with ${lockedIf(may)},
  wanted as materialized (
    select b.id, b.may, ${IS_KNOWN}, n.*, (${CHANGES}) || :tagChanges::jsonb as changes
    from before b, lateral (
      select coalesce(:title, b.title) as title, coalesce(:status, b.status) as status,
        coalesce(:priority, b.priority) as priority,
        case when :setsDescription::boolean then :description else b.description end as description,
        case when :setsDueDate::boolean then :dueDate else b.due_date end as due_date
    ) n
  ),
  subject as (
    update taskapp.tasks t
    set title = w.title, description = w.description, status = w.status, priority = w.priority, due_date = w.due_date,
      completed_at = case when w.status = 'DONE' then coalesce(t.completed_at, now()) end,
      version = t.version + 1, updated_at = now()
    from wanted w where t.id = w.id and w.may and w."isKnown" and w.changes <> '{}'
    returning t.*
  ),
  ${changeCtes('(select changes from wanted)')}
  select w.may, w."isKnown", s.version, case when s.id is not null then ${viewOf('s')} end as json, e.*
  from wanted w left join subject s on true left join event e on true`,
);

/**
 * Changes a task and records what is different, in one statement: the last of its transaction.
 * @throws task.not_found, task.forbidden, input.version_conflict
 */
export async function updateTask(db: Db, ctx: Context, { id, tagChanges = {}, ...fields }: TaskUpdate) {
  const change = { type: 'task.updated', entityId: id } as const;
  const sets = { setsDescription: fields.description !== undefined, setsDueDate: fields.dueDate !== undefined };
  const known = { versions: ctx.ifMatch, tagChanges: JSON.stringify(tagChanges) };
  const bind = update[ctx.actor.kind];
  const rows = await record<Found & Partial<Written>>(db, ctx, {
    change,
    bind,
    fields: { ...fields, ...sets, ...known },
  });
  if (!rows) return readLost(db, ctx, id);
  const { json, version } = assertFound(rows[0]);
  return json == null ? getTask(db, ctx.actor, id) : new Serialized(json, { version: version as number });
}
