import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Knex } from 'knex';
import { watchPool } from './pool-watch.ts';

/** Something that a process has too little of. */
export interface Pressure {
  readonly reason: 'event_loop' | 'heap' | 'database_pool' | 'in_flight';
  /** It is half as much again as the limit, or more. */
  readonly isCritical: boolean;
}

/** From where on a process is under pressure. */
export interface PressureLimits {
  /** Milliseconds by which callbacks are late, the 99th percentile of a sample; 200 by default. */
  readonly loopDelayMs: number;
  /** The share of a sample in which the event loop was busy; past it half the delay is too much. 0.98 by default. */
  readonly loopBusy: number;
  /** The share of the heap's limit that is used; 0.85 by default. */
  readonly heapUsed: number;
  /** Callers that wait for a connection of the pool; 20 by default. */
  readonly poolWaiting: number;
  /** Milliseconds that the first of them has waited: a queue that moves on is none. 500 by default. */
  readonly poolWaitMs: number;
}

/** A watch over the process and one connection pool. */
export interface PressureWatch {
  /** What is short now; undefined when all is well. Costs next to nothing. */
  read(): Pressure | undefined;
  /** Ends the watch. Its timer keeps no process alive. */
  close(): void;
}

const DEFAULTS: PressureLimits = {
  loopDelayMs: 200,
  loopBusy: 0.98,
  heapUsed: 0.85,
  poolWaiting: 20,
  poolWaitMs: 500,
};
const SAMPLE_MS = 250;
/** How many samples in a row make pressure of it: one pause, say of the garbage collector, is none. */
const ALARM = 2;
/** What many bad samples count at most, so that two good ones end it. */
const MAX_STRIKES = 3;
/** The strain, as a multiple of a limit, that is critical. */
export const CRITICAL = 1.5;

/** Samples event loop and heap every 250 ms, and asks the pool whenever it is asked itself. */
export function watchPressure(db: Knex, given: Partial<PressureLimits> = {}): PressureWatch {
  const limits = { ...DEFAULTS, ...given };
  const pool = watchPool(db);
  const loop = watchLoop(limits);
  const meters = { event_loop: createMeter(loop.strain), heap: createMeter(() => heapStrain(limits)) };
  const sampled = Object.entries(meters) as [keyof typeof meters, Meter][];
  const timer = setInterval(() => {
    for (const [, meter] of sampled) meter.sample();
  }, SAMPLE_MS).unref();
  return {
    read: () => {
      const isStuck = pool.waiting() > limits.poolWaiting && pool.longestWaitMs() > limits.poolWaitMs;
      if (isStuck) return { reason: 'database_pool', isCritical: pool.waiting() > CRITICAL * limits.poolWaiting };
      for (const [reason, meter] of sampled)
        if (meter.isAlarmed()) return { reason, isCritical: meter.strain() > CRITICAL };
      return undefined;
    },
    close: () => {
      clearInterval(timer);
      loop.close();
    },
  };
}

type Meter = ReturnType<typeof createMeter>;

/** Keeps the latest strain of one kind, and how steady it is. */
function createMeter(measure: () => number) {
  let strain = 0;
  let strikes = 0;
  return {
    sample: () => {
      strain = measure();
      strikes = strain > 1 ? Math.min(strikes + 1, MAX_STRIKES) : Math.max(strikes - 1, 0);
    },
    isAlarmed: () => strikes >= ALARM,
    strain: () => strain,
  };
}

function watchLoop({ loopDelayMs, loopBusy }: PressureLimits) {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  let before = performance.eventLoopUtilization();
  const strain = () => {
    const delayMs = delays.percentile(99) / 1e6;
    delays.reset();
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return delayMs / (utilization > loopBusy ? loopDelayMs / 2 : loopDelayMs);
  };
  return { strain, close: () => delays.disable() };
}

/** 1 at the limit, 2 when the heap is full. */
function heapStrain({ heapUsed }: PressureLimits): number {
  const { used_heap_size: used, heap_size_limit: size } = getHeapStatistics();
  return 1 + (used / size - heapUsed) / (1 - heapUsed);
}
