import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './journal.ts';
import { register } from './session.ts';
import type { Tally } from './tally.ts';
import { createWorker } from './worker.ts';

export interface LoadOptions {
  readonly journal: Journal;
  readonly tally: Tally;
  /** The nodes to send to, at this moment. */
  readonly ports: () => readonly number[];
  readonly workers: number;
  /** Which changes carry an idempotency key; `mixed`: every second one. */
  readonly keyed: 'all' | 'none' | 'mixed';
  readonly canary: string;
  /** How long a worker rests between two requests, at most. */
  readonly pauseMs: number;
}

/** Workers that keep asking until they are stopped. */
export interface Load {
  /** Lets every worker finish what it is doing. */
  stop(): Promise<void>;
}

/** An account may use a thousand idempotency keys a day; then a worker goes on as another user. */
const STEPS_PER_USER = 1000;

/** Starts the workers; resolves once all of them have an account. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { workers, ports, canary, pauseMs } = options;
  let isStopped = false;
  const enlist = async () => createWorker(options, await register(ports()[0] as number, canary));
  const crew = await Promise.all(Array.from({ length: workers }, enlist));
  const running = crew.map(async (first) => {
    let step = first;
    for (let steps = 1; !isStopped; steps += 1) {
      if (steps % STEPS_PER_USER === 0) step = await enlist().catch(() => step);
      await step();
      await sleep(randomInt(pauseMs + 1));
    }
  });
  return {
    stop: async () => {
      isStopped = true;
      await Promise.all(running);
    },
  };
}
