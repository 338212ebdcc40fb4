import { bindChange, type Change } from '../events/events.queries.ts';
import type { CallContext } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { fail, kernelErrors } from '../kernel/errors.ts';
import type { JointChange } from '../kernel/joint-commits.ts';
import type { Serialized } from '../kernel/serialized.ts';
import { named } from '../kernel/statement.ts';
import { assertVersionKnown } from '../kernel/versions.ts';
import { memberMay } from '../workspaces/workspaces.queries.ts';
import { assertAccess, getTask } from './tasks.queries.ts';

/** Who changes a task, and what they know of it. */
export type Context = CallContext & { readonly actor: NonNullable<CallContext['actor']> };

/** A task as its change has left it. */
export interface Written {
  readonly json: string;
  readonly version: number;
}

/** A statement that changes a task, with the CTEs of `changeCtes`. */
interface Recording {
  readonly change: Change & { readonly entityId: string };
  readonly bind: ReturnType<typeof named>;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A change of a task and its record: the last statement of its transaction, or a transaction by itself. */
export function describeChange(ctx: Context, { change, bind, fields }: Recording): JointChange {
  const values = bindChange(ctx, change);
  return {
    witness: values.eventId,
    subject: change.entityId,
    alone: () => bind(values, fields),
    record: { ...values, ...fields },
  };
}

/**
 * Reads a task whose change was carried out, and its rows got lost.
 * @throws database.commit_unknown where it cannot be read: every other refusal says that nothing was changed
 */
export const readLost = (db: Db, ctx: Context, id: string): Promise<Serialized> =>
  getTask(db, ctx.actor, id).catch((cause) => fail(kernelErrors.commitUnknown, { retryAfter: 1, cause }));

/** A statement for those whose right is checked by `may`, and for the system. */
export const forActors = (text: (may: string) => string) => ({
  user: named(text(memberMay('write', 't', ':actorId'))),
  system: named(text('true')),
});

/** How a value is written in SQL: as a parameter, or as a column of the table of several changes. */
export type Reference = (name: string) => string;
export const asParameter: Reference = (name) => `:${name}`;
export const asColumn: Reference = (name) => `a."${name}"`;

/**
 * The CTE `free`: the workspaces that `from` names and nobody else is changing, locked. Tasks come before workspaces in the
 * order of locks, but what waits for no lock is in nobody's way.
 */
export const freeAmong = (from: string) => `
  free as materialized (
    select w.id from taskapp.workspaces w where w.id in (${from}) for no key update of w skip locked
  )`;

/** The CTE `before`: the task, locked. What is locked is the latest; what a statement began with may be older. */
export const lockedIf = (may: string) => `
  before as materialized (
    select t.*, ${may} as may from taskapp.tasks t where t.id = :entityId for update of t
  )`;

/** Whether the caller knows the version of `before` as it is. */
export const isKnown = (value: Reference) =>
  `${value('versions')}::int[] is null or b.version = any (${value('versions')}) as "isKnown"`;

/** What a statement says of the task that it found. */
export interface Found {
  readonly may: boolean;
  readonly isKnown: boolean;
}

/** @throws task.not_found, task.forbidden, input.version_conflict */
export function assertFound<T extends Found>(row: T | undefined): T {
  const found = assertAccess(row);
  assertVersionKnown(found.isKnown);
  return found;
}
