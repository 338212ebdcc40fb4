import type { Knex } from 'knex';
import { toView } from '../kernel/serialized.ts';
import { type UserView, user } from '../users/users.fields.ts';
import { createHookRunner, type HookDeps, type HookedChange } from './hook-runner.ts';

/** Runs the hook of a host after an account was made, in its transaction. */
export async function runAfterUserCreate(deps: HookDeps, change: HookedChange, created: UserView): Promise<void> {
  const { afterCreate } = deps.hooks.given.user ?? {};
  if (!afterCreate) return;
  await createHookRunner(deps, change)('hooks.user.afterCreate', afterCreate, toView(user, created));
}

/** Runs the hook of a host before an account is deleted, in its transaction; `find` reads it. */
export async function runBeforeUserRemove(
  deps: HookDeps,
  change: HookedChange,
  find: (db: Knex.Transaction) => Promise<UserView>,
): Promise<void> {
  const { beforeRemove } = deps.hooks.given.user ?? {};
  if (!beforeRemove) return;
  const current = toView(user, await find(change.db));
  await createHookRunner(deps, change)('hooks.user.beforeRemove', beforeRemove, current);
}
