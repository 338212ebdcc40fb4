import { onLockTimeout } from '../kernel/database-errors.ts';
import { fail } from '../kernel/errors.ts';
import { createTurns } from '../kernel/turns.ts';
import { authErrors } from './auth.errors.ts';

/** Keeps the refreshes of one session, which all wait for its row, from taking every connection of the pool. */
export interface RefreshTurns {
  /**
   * Runs `work` with at most two others of the session in this process; waits up to two seconds for that.
   * @throws auth.refresh_in_progress
   */
  take<T>(sessionId: string, work: () => Promise<T>): Promise<T>;
}

const AT_ONCE = 3;
const MAX_WAITING = 200;
const MAX_WAIT_MS = 2000;

/** Makes the turns of one app; a transaction of the host's shares them. */
export function createRefreshTurns(): RefreshTurns {
  const refuse = () => fail(authErrors.refreshInProgress, { retryAfter: 1 });
  const turns = createTurns({ limit: AT_ONCE, maxWaiting: MAX_WAITING, refuse });
  return {
    take: (sessionId, work) =>
      turns.take(sessionId, performance.now() + MAX_WAIT_MS, () =>
        work().catch(onLockTimeout(authErrors.refreshInProgress)),
      ),
  };
}
