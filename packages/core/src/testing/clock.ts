/** A clock that moves when it is told to. */
export interface TestClock {
  now(): Date;
  set(time: Date): void;
  advance(seconds: number): void;
}

/** Makes a clock that goes like the real one, ahead of it or behind by as much as it was moved. */
export function createTestClock(): TestClock {
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  return {
    now,
    set: (time) => {
      aheadMs = time.getTime() - Date.now();
    },
    advance: (seconds) => {
      aheadMs += seconds * 1000;
    },
  };
}
