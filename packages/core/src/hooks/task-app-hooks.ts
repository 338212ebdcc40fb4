import type { Knex } from 'knex';
import type * as z from 'zod';
import type { Actor, Operation } from '../kernel/contract.ts';
import type { tagsContract } from '../tags/tags.contract.ts';
import type { HostedTransactionApp } from '../task-app.ts';
import type { tasksContract } from '../tasks/tasks.contract.ts';
import type { TransactionApp } from '../transaction-app.ts';
import type { UserView } from '../users/users.fields.ts';

/** All that a hook is to work with: what goes another way is not part of the transaction. */
export interface HookContext<A = Actor, App = TransactionApp> {
  /** The transaction of the change, never ended by a hook. */
  readonly trx: Knex.Transaction;
  /** The app on this transaction; its calls run their own hooks, 8 deep at most. */
  readonly app: App;
  /** Who makes the change. */
  readonly actor: A;
  readonly requestId: string | undefined;
}

/** Operations that hooks can be put around. */
export interface Hookable {
  readonly create: Operation;
  readonly get: Operation;
  readonly update: Operation;
  readonly remove: Operation;
}

type Given<O extends Operation> = z.input<O['input']>;
type Parsed<O extends Operation> = z.output<O['input']>;
type View<C extends Hookable> = C['get'] extends { readonly output: infer S extends z.ZodType } ? z.output<S> : never;

type Done = void | Promise<void>;
type Replaced<T> = T | void | Promise<T | undefined> | Promise<void>;

/**
 * What a host wants to happen with every change of one kind, in the transaction of the change. What a hook throws undoes
 * all of it. A `before` hook may return what is to be done instead; that is checked as the input of a caller is.
 */
export interface ResourceHooks<C extends Hookable, App = TransactionApp> {
  readonly beforeCreate?: (ctx: HookContext<Actor, App>, input: Parsed<C['create']>) => Replaced<Given<C['create']>>;
  readonly afterCreate?: (ctx: HookContext<Actor, App>, created: View<C>) => Done;
  /** `current` is locked. The id cannot be replaced. */
  readonly beforeUpdate?: (
    ctx: HookContext<Actor, App>,
    changes: Omit<Parsed<C['update']>, 'id'>,
    current: View<C>,
  ) => Replaced<Omit<Given<C['update']>, 'id'>>;
  /** Not called where nothing is different. */
  readonly afterUpdate?: (ctx: HookContext<Actor, App>, updated: View<C>, before: View<C>) => Done;
  /** `current` is locked. */
  readonly beforeRemove?: (ctx: HookContext<Actor, App>, current: View<C>) => Done;
  readonly afterRemove?: (ctx: HookContext<Actor, App>, removed: View<C>) => Done;
}

export interface UserHooks {
  /** After a registration, too; then nobody is the actor. */
  readonly afterCreate?: (ctx: HookContext<Actor | null>, created: UserView) => Done;
  readonly beforeRemove?: (ctx: HookContext, current: UserView) => Done;
}

/** The hooks of an app whose accounts are its host's. */
export interface HostedTaskAppHooks {
  readonly task?: ResourceHooks<typeof tasksContract, HostedTransactionApp>;
  readonly tag?: ResourceHooks<typeof tagsContract, HostedTransactionApp>;
}

/** The hooks of an app, by what they are about. */
export interface TaskAppHooks {
  readonly task?: ResourceHooks<typeof tasksContract>;
  readonly tag?: ResourceHooks<typeof tagsContract>;
  readonly user?: UserHooks;
}

const CHANGES = ['beforeCreate', 'afterCreate', 'beforeUpdate', 'afterUpdate', 'beforeRemove', 'afterRemove'];
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  task: CHANGES,
  tag: CHANGES,
  user: ['afterCreate', 'beforeRemove'],
};

/** What is wrong with the hooks of a host that no compiler has looked at. */
export function findHookProblems(hooks: unknown): string[] {
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (hooks === undefined) return [];
  if (!isObject(hooks)) return ['hooks: Must be an object'];
  return Object.entries(hooks).flatMap(([name, group]) => {
    if (!KNOWN[name]) return [`hooks.${name}: There are hooks for ${Object.keys(KNOWN).join(', ')}`];
    if (group === undefined) return [];
    if (!isObject(group)) return [`hooks.${name}: Must be an object`];
    return Object.entries(group).flatMap(([hook, call]) => {
      if (!KNOWN[name]?.includes(hook)) return [`hooks.${name}.${hook}: No such hook`];
      return call === undefined || typeof call === 'function' ? [] : [`hooks.${name}.${hook}: Must be a function`];
    });
  });
}
