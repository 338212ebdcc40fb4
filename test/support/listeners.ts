import { setTimeout as pause } from 'node:timers/promises';
import { createTaskApp, type TaskAppEvent, type TaskAppOptions } from '@taskapp/core';
import type { Knex } from 'knex';
import { atEnd } from './cleanup.ts';
import { secrets } from './world.ts';

/** Another app on a database, as another process has one. */
export function anotherApp(db: Knex, options: Partial<TaskAppOptions> = {}) {
  const app = createTaskApp({ db, redis: null, secrets: secrets(), passwords: { cost: 4 }, ...options });
  atEnd(app.close);
  return app;
}

/** Keeps the events that it is told. */
export function createListener() {
  const events: TaskAppEvent[] = [];
  const listener = (event: TaskAppEvent) => void events.push(event);
  /** Resolves once so many were told. */
  const until = async (count: number, ms = 30_000): Promise<TaskAppEvent[]> => {
    const deadline = performance.now() + ms;
    while (events.length < count) {
      if (performance.now() > deadline) throw new Error(`${events.length} of ${count} events were told`);
      await pause(5);
    }
    return events;
  };
  const seqs = () => events.map(({ seq }) => seq);
  return { events, listener, until, seqs };
}

/** Time enough for a listener to look at the database again. */
export const aLook = () => pause(1300);
