import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, TaskApp } from '@taskapp/core';

export const HOUR_MS = 3_600_000;

/**
 * Deletes what nothing needs any more about once an hour, at another minute in each server; returns what ends it and
 * waits for a turn under way. A failure is logged, and the next turn tries again.
 */
export function startHousekeeping(app: Pick<TaskApp, 'purge'>, log: Logger, everyMs = HOUR_MS): () => Promise<void> {
  const end = new AbortController();
  const pause = () =>
    sleep(everyMs * (0.5 + Math.random()), true, { ref: false, signal: end.signal }).catch(() => false);
  const work = async () => {
    while (await pause()) {
      await app.purge().then(
        (purged) => log.debug('Purged', purged),
        (error: unknown) => log.warn('Purging failed', { error }),
      );
    }
  };
  const working = work();
  return () => {
    end.abort();
    return working;
  };
}
