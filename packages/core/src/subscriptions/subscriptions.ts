import { randomUUID } from 'node:crypto';
import { EVENT_TYPES } from '../events/events.fields.ts';
import type { Db } from '../kernel/database.ts';
import { translateDatabaseError } from '../kernel/database-errors.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Count } from '../kernel/occurrences.ts';
import { createDelivery } from './delivery.ts';
import { createLocalStore, createNamedStore } from './position-store.ts';
import { type Subscription, startSubscription } from './subscription.ts';
import type { EventChoice, EventListener, ListenOptions, TaskAppEvent } from './task-app-event.ts';

/** Ends a subscription. Resolves once the call under way has ended, after ten seconds at most. */
export type StopListening = () => Promise<void>;

/** The listeners of an app. */
export interface Subscriptions {
  on<const C extends EventChoice>(
    types: C,
    listener: EventListener<C>,
    options?: ListenOptions,
  ): Promise<StopListening>;
  /** Whether anybody listens. */
  isListening(): boolean;
  /** Something was done here: listeners need not wait until they look by themselves. */
  nudge(): void;
  close(): Promise<void>;
}

interface SubscriptionsOptions {
  readonly db: Db;
  readonly log: Logger;
  readonly count: Count;
}

/** Makes the listeners of an app; without any there is no timer and no query. */
export function createSubscriptions({ db, log, count }: SubscriptionsOptions): Subscriptions {
  const holder = randomUUID();
  const running = new Set<Subscription>();
  const names = new Set<string>();
  let isClosed = false;

  const start = async (
    types: ReadonlySet<string>,
    listener: (event: TaskAppEvent) => unknown,
    options: ListenOptions,
  ) => {
    const { name, maxAttempts = Number.POSITIVE_INFINITY } = options;
    const store = await (name === undefined ? createLocalStore(db) : createNamedStore(db, name, holder));
    if (isClosed) throw new Error('app.on: the app is closed');
    const told = { types, listener, consumer: name ?? null, maxAttempts, log, count };
    return startSubscription({ db, log, store, deliver: (pause) => createDelivery({ ...told, pause }) });
  };
  return {
    on: async (choice, listener, options = {}) => {
      const types = readTypes(choice);
      checkOptions(listener, options);
      if (db.isTransaction) throw new Error('app.on: nothing can be told before it is committed; listen on the pool');
      if (isClosed) throw new Error('app.on: the app is closed');
      const { name } = options;
      if (name !== undefined && names.has(name))
        throw new TypeError(`app.on: ${name} listens already; one listener may choose several types`);
      if (name !== undefined) names.add(name);
      const forget = () => name !== undefined && names.delete(name);
      try {
        const subscription = await start(types, listener as (event: TaskAppEvent) => unknown, options);
        running.add(subscription);
        return async () => {
          running.delete(subscription);
          await subscription.stop();
          forget();
        };
      } catch (error) {
        forget();
        return translateDatabaseError(error);
      }
    },
    isListening: () => running.size > 0,
    nudge: () => {
      for (const subscription of running) subscription.nudge();
    },
    close: async () => {
      isClosed = true;
      await Promise.all([...running].map((subscription) => subscription.stop()));
      running.clear();
    },
  };
}

function readTypes(choice: EventChoice): ReadonlySet<string> {
  const types: readonly string[] = choice === '*' ? EVENT_TYPES : [choice].flat();
  const unknown = types.filter((type) => !EVENT_TYPES.some((known) => known === type));
  if (unknown.length === 0 && types.length > 0) return new Set(types);
  throw new TypeError(`app.on: no such type of event: ${unknown.join(', ')}. There are ${EVENT_TYPES.join(', ')}`);
}

function checkOptions(listener: unknown, { name, maxAttempts }: ListenOptions): void {
  if (typeof listener !== 'function') throw new TypeError('app.on: the listener must be a function');
  if (name !== undefined && !/^[\x21-\x7e]{1,100}$/.test(name))
    throw new TypeError('app.on: a name is 1 to 100 visible ASCII characters');
  if (maxAttempts !== undefined && !(maxAttempts >= 1)) throw new TypeError('app.on: maxAttempts must be 1 or more');
}
