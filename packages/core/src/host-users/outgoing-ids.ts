import type { Knex } from 'knex';
import type { Deps } from '../deps.ts';
import type { TaskAppHooks } from '../hooks/task-app-hooks.ts';
import type { Actor } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';
import type { TaskAppEvent } from '../subscriptions/task-app-event.ts';
import type { HostIds } from './host-ids.ts';

interface Context {
  readonly trx: Knex.Transaction;
  readonly actor: Actor | null;
}
type Hook = (ctx: Context, ...values: unknown[]) => unknown;
type Named = { readonly userId?: string | null };

/** What a host hears of by itself, hooks and events, with its own ids. */
export function withHostIds({ db, hooks }: Pick<Deps, 'db' | 'hooks'>, ids: HostIds) {
  const rename = async <T>(db: Db, value: T): Promise<T> => {
    const { userId } = (typeof value === 'object' && value !== null ? value : {}) as Named;
    return userId ? { ...value, userId: await ids.nameOf(db, userId) } : value;
  };
  const wrap =
    (hook: Hook): Hook =>
    async (ctx, ...values) => {
      const actor = await rename(ctx.trx, ctx.actor);
      const renamed = await Promise.all(values.map((value) => rename(ctx.trx, value)));
      // Not a copy: the app of a context is made when a hook asks for it.
      return hook(Object.create(ctx, { actor: { value: actor, enumerable: true } }), ...renamed);
    };
  const wrapAll = (group: object | undefined) =>
    Object.fromEntries(Object.entries(group ?? {}).map(([name, hook]) => [name, hook && wrap(hook)]));
  const given = Object.entries(hooks.given).map(([name, group]) => [name, wrapAll(group)]);
  return {
    hooks: Object.fromEntries(given) as TaskAppHooks,
    /** The same for listeners. */
    listen:
      (on: Subscriptions['on']): Subscriptions['on'] =>
      (types, listener, options) => {
        if (typeof listener !== 'function') return on(types, listener, options);
        const told = async (event: TaskAppEvent) =>
          listener({ ...event, actor: await rename(db, event.actor) } as never);
        return on(types, told as never, options);
      },
  };
}
