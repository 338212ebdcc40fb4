import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import { witnessColumn } from '../kernel/commit-outcome.ts';
import type { CallContext } from '../kernel/contract.ts';
import { fail } from '../kernel/errors.ts';
import { named, runStatement } from '../kernel/statement.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import type { EventType } from './events.fields.ts';

/** The changed fields with their values before and after; a made thing has no `from`, a removed one no `to`. */
export type Changes = Readonly<Record<string, { readonly from?: unknown; readonly to?: unknown }>>;

/** Something that happened. */
export interface Happening {
  readonly type: EventType;
  /** `null`: unknown. */
  readonly entityId: string | null;
  readonly changes?: Changes;
}

/** Who does something, as far as it is known. */
export type Caller = Partial<CallContext>;

/** Who did it, as the log keeps it. */
export function describeCaller({ actor, requestId, ip }: Caller) {
  return {
    actorKind: actor?.kind ?? ('anonymous' as const),
    actorId: actor?.kind === 'user' ? actor.userId : null,
    actorReason: actor?.kind === 'system' ? actor.reason : null,
    requestId: requestId ?? null,
    ip: ip ?? null,
  };
}

/** What kind of thing it happened to. */
export const entityType = ({ type }: Happening) => type.slice(0, type.indexOf('.'));

/**
 * CTEs for a statement whose CTE `subject` has the `workspace_id` of what it changed: give the workspace its next version
 * and record the change under it, in `event`. The workspace's row is locked for the commit only if the statement is the
 * last of its transaction. Values: `bindChange`; `changes` is SQL where the statement itself knows what it changes.
 */
export const changeCtes = (changes = ':changes::jsonb'): string => `
  changed as (
    update taskapp.workspaces w
    set version = w.version + 1, task_count = w.task_count + :tasks, updated_at = now()
    from subject where w.id = subject.workspace_id
    returning w.id, w.version
  ),
  event as (
    insert into taskapp.events (id, workspace_id, seq, type, entity_type, entity_id, actor_kind, actor_id,
      actor_reason, request_id, ip, changes)
    select :eventId, id, version, :type, :entityType, :entityId, :actorKind, :actorId,
      :actorReason, :requestId, :ip, ${changes}
    from changed
    returning ${witnessColumn}
  )`;

/** A change of a workspace's tasks or tags. */
export interface Change extends Happening {
  /** How many tasks the workspace has more. */
  readonly tasks?: number;
}

/** The values of `changeCtes`. */
export const bindChange = (caller: Caller, change: Change) => ({
  eventId: uuid(),
  tasks: change.tasks ?? 0,
  type: change.type,
  entityType: entityType(change),
  entityId: change.entityId,
  changes: change.changes ?? {},
  ...describeCaller(caller),
});

const changeWorkspace = named(`
  with subject as (select :workspaceId::uuid as workspace_id), ${changeCtes()} select * from event`);

/** Records a change and gives the workspace its next version: the last statement of the transaction. */
export async function recordChange(
  db: Knex.Transaction,
  caller: Caller,
  { workspaceId, ...change }: Change & { readonly workspaceId: string },
): Promise<void> {
  const { rowCount } = await runStatement(db, changeWorkspace({ workspaceId, ...bindChange(caller, change) }));
  if (rowCount !== 1) fail(workspaceErrors.notFound);
}

/** Names the fields of `after` that differ from `before`, with both values. */
export function diff<T extends object>(before: T, after: Partial<T>): Changes {
  const fields = Object.entries(after) as [keyof T & string, unknown][];
  const changed = fields.filter(([name, to]) => to !== undefined && !isSame(before[name], to));
  return Object.fromEntries(changed.map(([name, to]) => [name, { from: before[name] ?? null, to }]));
}

const isSame = (a: unknown, b: unknown) =>
  a instanceof Date && b instanceof Date ? a.getTime() === b.getTime() : JSON.stringify(a) === JSON.stringify(b);

/** The fields of something new, or of something that is gone. */
export const all = (side: 'from' | 'to', fields: object): Changes =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { [side]: value }]));
