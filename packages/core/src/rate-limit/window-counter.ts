import { LRUCache } from 'lru-cache';

/** What a key has been charged in its window. */
export interface WindowCount {
  readonly consumedPoints: number;
  readonly msBeforeNext: number;
}

/** Counts calls by key in windows that begin with the first call, in this process; bounded, and without timers. */
export interface WindowCounter {
  /** Adds a call, also to a budget that is used up. */
  add(key: string): WindowCount;
  /** Takes back a call of a window that has not ended. */
  takeBack(key: string): void;
  /** Sets what others have counted too, and for how many milliseconds that counts. */
  set(key: string, points: number, ms: number): void;
  clear(key: string): void;
}

/** Beyond this the key that was used least recently starts anew: memory is bounded, and who calls often stays counted. */
const MAX_KEYS = 50_000;

/** Makes a counter whose windows last so many milliseconds. */
export function createWindowCounter(windowMs: number): WindowCounter {
  // By size: a maximum of entries would reserve the memory for all of them at once.
  const windows = new LRUCache<string, { points: number; endsAt: number }>({
    maxSize: MAX_KEYS,
    sizeCalculation: () => 1,
  });
  const findLive = (key: string, now: number) => {
    const window = windows.get(key);
    return window && window.endsAt > now ? window : undefined;
  };
  return {
    add: (key) => {
      const now = performance.now();
      const live = findLive(key, now);
      const window = live ?? { points: 0, endsAt: now + windowMs };
      window.points += 1;
      if (!live) windows.set(key, window);
      return { consumedPoints: window.points, msBeforeNext: Math.round(window.endsAt - now) };
    },
    takeBack: (key) => {
      const window = findLive(key, performance.now());
      if (window && window.points > 0) window.points -= 1;
    },
    set: (key, points, ms) => {
      const window = windows.get(key) ?? { points, endsAt: 0 };
      window.points = points;
      window.endsAt = performance.now() + Math.max(1, ms);
      windows.set(key, window);
    },
    clear: (key) => void windows.delete(key),
  };
}
