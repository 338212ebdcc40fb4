import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import { type Changes, describeCaller, entityType, type Happening } from '../events/events.queries.ts';
import { witnessColumn } from '../kernel/commit-outcome.ts';
import type { CallContext } from '../kernel/contract.ts';
import { fail } from '../kernel/errors.ts';
import { named, runStatement } from '../kernel/statement.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { Task } from './task.model.ts';
import type { Here, Wanted } from './task-import-plan.ts';

type Trx = Knex.Transaction;

/** Imports into one workspace take turns: two of one file would make the same tasks. */
export const takeTurn = (db: Trx, workspaceId: string): Promise<unknown> =>
  db.raw(`select pg_advisory_xact_lock(hashtextextended('taskapp import ' || ?::text, 0))`, [workspaceId]);

/** What there is under some ids: a task of the workspace, locked, or `null` for one of another workspace. */
export async function lockTasks(
  db: Trx,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, Here | null>> {
  const own = Task.query(db)
    .where('workspace_id', workspaceId)
    .whereIn('id', [...ids]);
  // What waited for a lock may have changed since its statement began: it is read by the next one.
  await own.clone().orderBy('id').forUpdate().select('id');
  const taken = await db('taskapp.tasks')
    .whereIn('id', [...ids])
    .pluck('id');
  const found = await own.alias('t').select('t.*', db.raw(`${TAGS} as tags`), db.raw(`${METADATA} as metadata`));
  const rows = found as unknown as (Here & {
    readonly id: string;
    readonly tags: unknown;
    readonly metadata: unknown;
  })[];
  const here = rows.map(
    (row) => [row.id, { ...row, tags: parse(row.tags), metadata: parse(row.metadata) } as Here] as const,
  );
  return new Map<string, Here | null>([...taken.map((id) => [id, null] as const), ...here]);
}

const TAGS = `(select coalesce(json_agg(json_build_object('id', g.id, 'name', g.name)), '[]')::text
  from taskapp.task_tags l join taskapp.tags g on g.id = l.tag_id where l.task_id = t.id)`;
const METADATA = '(select m.data::text from taskapp.task_metadata m where m.task_id = t.id)';

const parse = (json: unknown): unknown => (typeof json === 'string' ? JSON.parse(json) : null);

/** A task to write, with the id that it has or gets. */
export interface Writing {
  readonly id: string;
  readonly wanted: Wanted;
}

const ROWS = `jsonb_to_recordset(:rows::jsonb) as r (id uuid, title text, description text,
  status taskapp.task_status, priority taskapp.task_priority, "dueDate" timestamptz, "completedAt" timestamptz,
  "createdAt" timestamptz, "updatedAt" timestamptz)`;
const COMPLETED = `case when r.status = 'DONE' then coalesce(r."completedAt", now()) end`;

const insert = named(`
  insert into taskapp.tasks (id, workspace_id, creator_id, title, description, status, priority, due_date, completed_at,
    created_at, updated_at)
  select r.id, :workspaceId, :creatorId, r.title, r.description, r.status, r.priority, r."dueDate", ${COMPLETED},
    coalesce(r."createdAt", now()), coalesce(r."updatedAt", now())
  from ${ROWS} on conflict (id) do nothing returning id`);

const update = named(`
  update taskapp.tasks t
  set title = r.title, description = r.description, status = r.status, priority = r.priority, due_date = r."dueDate",
    completed_at = ${COMPLETED}, created_at = coalesce(r."createdAt", t.created_at),
    updated_at = coalesce(r."updatedAt", now()), version = t.version + 1
  from ${ROWS} where t.id = r.id`);

const toRows = (writings: readonly Writing[]) =>
  JSON.stringify(
    writings.map(({ id, wanted: { tags: _tags, metadata: _metadata, ...fields } }) => ({ id, ...fields })),
  );

/** Makes tasks; resolves with the ids of those whose ids nobody else has taken meanwhile. */
export async function insertTasks(
  db: Trx,
  place: { readonly workspaceId: string; readonly creatorId: string | null },
  writings: readonly Writing[],
): Promise<Set<string>> {
  const { rows } = await runStatement<{ id: string }>(db, insert({ ...place, rows: toRows(writings) }));
  return new Set(rows.map(({ id }) => id));
}

/** Changes tasks, which are locked. */
export const updateTasks = (db: Trx, writings: readonly Writing[]): Promise<unknown> =>
  runStatement(db, update({ rows: toRows(writings) }));

/** Gives tasks their metadata, or takes it from them. */
export async function writeMetadata(db: Trx, writings: readonly Writing[]): Promise<void> {
  const [given, gone] = [true, false].map((has) => writings.filter(({ wanted }) => (wanted.metadata !== null) === has));
  const ids = gone?.map(({ id }) => id) ?? [];
  if (ids.length > 0) await db('taskapp.task_metadata').whereIn('task_id', ids).delete();
  const rows = (given ?? []).map(({ id, wanted }) => ({ task_id: id, data: JSON.stringify(wanted.metadata) }));
  if (rows.length > 0) await db('taskapp.task_metadata').insert(rows).onConflict('task_id').merge();
}

/** A change of a task or a tag of the workspace. */
export interface ImportEvent extends Happening {
  readonly changes: Changes;
}

const record = named(`
  with changed as (
    update taskapp.workspaces
    set version = version + :count, task_count = task_count + :tasks, updated_at = now()
    where id = :workspaceId returning id, version - :count as before
  )
  insert into taskapp.events (id, workspace_id, seq, type, entity_type, entity_id, actor_kind, actor_id, actor_reason,
    request_id, ip, changes)
  select e.id, c.id, c.before + e.number, e.type, e."entityType", e."entityId", :actorKind, :actorId, :actorReason,
    :requestId, :ip, e.changes
  from changed c, jsonb_to_recordset(:events::jsonb) as e (id uuid, number int, type text, "entityType" text,
    "entityId" uuid, changes jsonb)
  returning ${witnessColumn}`);

/** Records changes of a workspace, each with a version of its own: the last statement of the transaction but checks. */
export async function recordAll(db: Trx, caller: CallContext, { workspaceId, tasks, events }: Recorded): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event, at) => ({ ...event, id: uuid(), number: at + 1, entityType: entityType(event) }));
  const values = { workspaceId, tasks, count: events.length, events: JSON.stringify(rows) };
  const { rowCount } = await runStatement(db, record({ ...values, ...describeCaller(caller) }));
  if (rowCount !== events.length) fail(workspaceErrors.notFound);
}

interface Recorded {
  readonly workspaceId: string;
  /** How many tasks the workspace has more. */
  readonly tasks: number;
  readonly events: readonly ImportEvent[];
}
