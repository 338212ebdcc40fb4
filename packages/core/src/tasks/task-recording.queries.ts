import { bindChange, type Change } from '../events/events.queries.ts';
import type { CallContext } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { fail, kernelErrors } from '../kernel/errors.ts';
import type { Serialized } from '../kernel/serialized.ts';
import { named } from '../kernel/statement.ts';
import { commitAlone } from '../kernel/transaction.ts';
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
  readonly change: Change;
  readonly bind: ReturnType<typeof named>;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Carries a change of a task out and records it: the last statement of its transaction, or a transaction by itself.
 * Resolves with `undefined` where that was done and the rows got lost.
 */
export function record<Row>(
  db: Db,
  ctx: Context,
  { change, bind, fields }: Recording,
): Promise<readonly Row[] | undefined> {
  const values = bindChange(ctx, change);
  return commitAlone<Row>(db, { ...bind(values, fields), witness: values.eventId });
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

/** The CTE `before`: the task, locked. What is locked is the latest; what a statement began with may be older. */
export const lockedIf = (may: string) => `
  before as materialized (
    select t.*, ${may} as may from taskapp.tasks t where t.id = :entityId for update of t
  )`;

/** Whether the caller knows the version of `before` as it is. */
export const IS_KNOWN = `:versions::int[] is null or b.version = any (:versions) as "isKnown"`;

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
