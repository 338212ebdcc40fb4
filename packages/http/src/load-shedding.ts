import { randomInt } from 'node:crypto';
import type { NamedOperation } from '@taskapp/core';
import * as z from 'zod';
import { httpErrors, refuse } from './http-errors.ts';
import type { Metrics } from './metrics.ts';
import { CRITICAL, type Pressure } from './pressure.ts';

export interface LoadSheddingOptions {
  /** Operations in progress from which on lists are refused. */
  readonly maxInFlight: number;
  readonly pressure: () => Pressure | undefined;
  readonly metrics: Pick<Metrics, 'countShed' | 'countInFlight'>;
}

/** Lets operations in while they can be served in time. */
export interface LoadShedding {
  /**
   * Counts `work` as in progress while it runs.
   *
   * @throws 503 to lists first, under critical pressure to all operations but the essential ones
   */
  serve<T>(operation: NamedOperation, work: () => Promise<T>): Promise<T>;
  /** Takes a part of `work` out of the count: where a client is waited for, the slow ones must block nobody. */
  pause<T>(part: () => Promise<T>): Promise<T>;
}

const MAX_RETRY_SECONDS = 5;

/** Counts the operations in progress, and refuses some where there are too many or the process is under pressure. */
export function createLoadShedding({ maxInFlight, pressure, metrics }: LoadSheddingOptions): LoadShedding {
  let inFlight = 0;
  const change = (by: 1 | -1) => {
    inFlight += by;
    metrics.countInFlight(by);
  };
  const findPressure = (): Pressure | undefined => {
    if (inFlight < maxInFlight) return pressure();
    const isCritical = inFlight >= CRITICAL * maxInFlight;
    const crowd: Pressure = { reason: 'in_flight', isCritical };
    return isCritical ? crowd : (pressure() ?? crowd);
  };
  return {
    serve: async (operation, work) => {
      const found = findPressure();
      if (found && isRefused(operation, found)) {
        metrics.countShed(found.reason);
        // At different times: who comes back together is too many again.
        refuse(httpErrors.overloaded, { headers: { 'Retry-After': `${randomInt(1, MAX_RETRY_SECONDS + 1)}` } });
      }
      change(1);
      try {
        return await work();
      } finally {
        change(-1);
      }
    },
    pause: async (part) => {
      change(-1);
      try {
        return await part();
      } finally {
        change(1);
      }
    },
  };
}

const isRefused = (operation: NamedOperation, { isCritical }: Pressure): boolean =>
  !operation.essential && (isCritical || isList(operation));

/** A read of many: its address ends in no id, and its answer holds an array. */
const isList = ({ http, output }: NamedOperation): boolean =>
  /^GET .*\/[^:/]+$/.test(http) &&
  output instanceof z.ZodObject &&
  Object.values(output.shape).some((field) => field instanceof z.ZodArray);
