import { coreError, refuse } from './http-errors.ts';

/** Runs `work` in one of the user's slots; without a user it simply runs. */
export type HoldSlot = <T>(userId: string | undefined, work: () => Promise<T>) => Promise<T>;

/**
 * Gives each user `max` requests at the same time, so that one cannot use up what all share. Counted in this process:
 * n servers allow n times as many.
 */
export function createUserSlots(max: number): HoldSlot {
  const taken = new Map<string, number>();
  const release = (userId: string) => {
    const left = (taken.get(userId) ?? 1) - 1;
    if (left > 0) taken.set(userId, left);
    else taken.delete(userId);
  };
  return async (userId, work) => {
    if (userId === undefined) return work();
    const count = taken.get(userId) ?? 0;
    if (count >= max) {
      refuse(coreError('rate_limit.too_many_concurrent'), {
        errors: [`At most ${max} requests at the same time. Try again in 1 second.`],
        headers: { 'Retry-After': '1' },
      });
    }
    taken.set(userId, count + 1);
    try {
      return await work();
    } finally {
      release(userId);
    }
  };
}
