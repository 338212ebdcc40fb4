import type { Knex } from 'knex';
import type { Actor } from '../kernel/contract.ts';
import { ForeignError, nativeOf } from '../kernel/database-errors.ts';
import { fail } from '../kernel/errors.ts';
import type { Logger } from '../kernel/logger.ts';
import type { TransactionApp } from '../transaction-app.ts';
import { hookErrors } from './hooks.errors.ts';
import type { TaskAppHooks } from './task-app-hooks.ts';

const MAX_DEPTH = 8;
/** Whoever waits for the rows of a change waits for its hooks as well. */
const LIMIT_MS = 5000;

/** What services need to run the hooks of a host. */
export interface Hooks {
  readonly given: TaskAppHooks;
  /** How many hooks are around the calls of this app. */
  readonly depth: number;
  /** The app on a transaction, with one hook more around it. */
  readonly appOn: (trx: Knex.Transaction, depth: number) => TransactionApp;
}

/** The part of `Deps` that is used here. */
export interface HookDeps {
  readonly hooks: Hooks;
  readonly log: Logger;
}

/** A change that hooks are run for. */
export interface HookedChange {
  readonly db: Knex.Transaction;
  readonly ctx: { readonly actor?: Actor | null; readonly requestId?: string };
}

type Hook = (ctx: never, ...values: never[]) => unknown;

/** Runs a hook that was given; `name` is how the host calls it. */
export type RunHook = (name: string, hook: Hook | undefined, ...values: readonly unknown[]) => Promise<unknown>;

/**
 * Makes what runs the hooks of one change, one after the other. What a hook throws reaches the caller as it is.
 * @throws hook.timeout after five seconds
 */
export function createHookRunner({ hooks, log }: HookDeps, { db, ctx }: HookedChange): RunHook {
  const { actor = null, requestId } = ctx;
  let app: TransactionApp | undefined;
  const context = {
    trx: db,
    get app() {
      app ??= hooks.appOn(db, hooks.depth + 1);
      return app;
    },
    actor,
    requestId,
  };
  const isOfDatabase = watchStatements(db);
  const call = async (name: string, hook: Hook, values: readonly unknown[]) => {
    try {
      if (hooks.depth >= MAX_DEPTH) throw new Error(`${name}: hooks call each other more than ${MAX_DEPTH} deep`);
      return await hook(context as never, ...(values as never[]));
    } catch (error) {
      throw isOfDatabase(error) ? error : new ForeignError(error);
    }
  };
  return async (name, hook, ...values) => {
    if (!hook) return undefined;
    return inTime(call(name, hook, values), () => {
      log.error('A hook takes too long; its change is undone', { hook: name, limitMs: LIMIT_MS, requestId });
      fail(hookErrors.timeout, { retryAfter: 1 });
    });
  };
}

/**
 * Tells failures of the transaction itself, which mean the same in a hook as outside of it, from a host's own. What a
 * constraint refuses is the host's: nobody but the host knows its meaning.
 */
function watchStatements(db: Knex.Transaction): (error: unknown) => boolean {
  const failures = new WeakSet<object>();
  db.on('query-error', (error: object) => failures.add(error));
  return (error) => {
    const native = nativeOf(error);
    if (typeof native !== 'object' || native === null || !failures.has(native)) return false;
    return !native.code?.startsWith('23');
  };
}

async function inTime(work: Promise<unknown>, refuse: () => never): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      try {
        refuse();
      } catch (error) {
        reject(error);
      }
    }, LIMIT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
