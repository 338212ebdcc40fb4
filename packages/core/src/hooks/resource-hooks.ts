import type { Knex } from 'knex';
import type { CallContext, Operation } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { isTaskAppError } from '../kernel/errors.ts';
import { createInputCheck } from '../kernel/input-check.ts';
import { toView } from '../kernel/serialized.ts';
import { transaction } from '../kernel/transaction.ts';
import { assertVersion } from '../kernel/versions.ts';
import { createHookRunner, type HookDeps } from './hook-runner.ts';
import type { Hookable, ResourceHooks } from './task-app-hooks.ts';

/** A call of an operation. */
interface Call<C, I> {
  readonly db: Db;
  readonly ctx: C;
  readonly input: I;
}

type Work<C, I, R> = (call: Call<C, I>) => Promise<R>;

/** What is needed of a resource to change one that is there. */
interface Steps<C, I, R> {
  /** Locks it and reads it as callers see it. Refuses whoever may not change it. */
  readonly find: (db: Knex.Transaction) => Promise<unknown>;
  readonly change: Work<C, I, R>;
}

/** Runs changes of one kind with the hooks of the host around them. */
export interface HookedChanges {
  create<C extends CallContext, I extends object, R>(call: Call<C, I>, make: Work<C, I, R>): Promise<R>;
  update<C extends CallContext, I extends { readonly id: string }, R>(
    call: Call<C, I>,
    steps: Steps<C, I, R>,
  ): Promise<R>;
  remove<C extends CallContext, I extends object>(call: Call<C, I>, steps: Steps<C, I, void>): Promise<void>;
}

/** An app without hooks makes its changes as if there were no such thing. */
const PLAIN: HookedChanges = {
  create: (call, make) => make(call),
  update: (call, { change }) => change(call),
  remove: (call, { change }) => change(call),
};

type Kind = 'task' | 'tag';
interface Versioned {
  readonly version: number;
}

/**
 * Puts the hooks of a kind of thing around its changes. Change, hooks and what hooks do are one transaction, which is
 * repeated as a whole after a deadlock or a serialisation failure.
 */
export function createHookedChanges(deps: HookDeps, kind: Kind, contract: Hookable): HookedChanges {
  const given = deps.hooks.given[kind] as ResourceHooks<Hookable> | undefined;
  if (!given) return PLAIN;
  const checkNew = recheck(deps, `hooks.${kind}.beforeCreate`, contract.create);
  const checkUpdate = recheck(deps, `hooks.${kind}.beforeUpdate`, contract.update);
  const view = (result: unknown) => toView(contract.get.output, result) as never;
  const runner = (db: Knex.Transaction, ctx: CallContext) => {
    const run = createHookRunner(deps, { db, ctx });
    return (name: keyof typeof given, ...values: readonly unknown[]) =>
      run(`hooks.${kind}.${name}`, given[name], ...values);
  };
  /** What is there, if the caller knows its version; nobody else can change it now. */
  const lock = async (db: Knex.Transaction, ctx: CallContext, find: (db: Knex.Transaction) => Promise<unknown>) => {
    const current = view(await find(db)) as Versioned;
    assertVersion(ctx, current);
    const { ifMatch: _checked, ...rest } = ctx;
    return { current, rest: rest as never };
  };
  const hooked: HookedChanges = {
    create: ({ db, ctx, input }, make) =>
      transaction(db, async (db) => {
        const run = runner(db, ctx);
        const wanted = checkNew(await run('beforeCreate', input), input);
        const made = await make({ db, ctx, input: wanted });
        await run('afterCreate', view(made));
        return made;
      }),
    update: ({ db, ctx, input }, { find, change }) =>
      transaction(db, async (db) => {
        const run = runner(db, ctx);
        const { current, rest } = await lock(db, ctx, find);
        const { id, ...changes } = input;
        const wanted = checkUpdate(await run('beforeUpdate', changes, current), input, { id });
        const changed = await change({ db, ctx: rest, input: wanted });
        const updated = view(changed) as Versioned;
        if (updated.version !== current.version) await run('afterUpdate', updated, current);
        return changed;
      }),
    remove: ({ db, ctx, input }, { find, change }) =>
      transaction(db, async (db) => {
        const run = runner(db, ctx);
        const { current, rest } = await lock(db, ctx, find);
        await run('beforeRemove', current);
        await change({ db, ctx: rest, input });
        await run('afterRemove', current);
      }),
  };
  return {
    create: given.beforeCreate || given.afterCreate ? hooked.create : PLAIN.create,
    update: given.beforeUpdate || given.afterUpdate ? hooked.update : PLAIN.update,
    remove: given.beforeRemove || given.afterRemove ? hooked.remove : PLAIN.remove,
  };
}

/** Checks what a hook returned as the input of a caller is; nothing means that `input` stays. */
function recheck({ log }: HookDeps, hook: string, operation: Operation) {
  const check = createInputCheck(operation);
  return <I extends object>(replacement: unknown, input: I, fixed: object = {}): I => {
    if (replacement === undefined || replacement === null) return input;
    try {
      return check(typeof replacement === 'object' ? { ...replacement, ...fixed } : replacement) as I;
    } catch (error) {
      if (isTaskAppError(error)) log.warn('A hook returned what is not valid', { hook, problems: error.problems });
      throw error;
    }
  };
}
