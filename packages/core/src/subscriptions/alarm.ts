/** Waits that can be cut short. */
export interface Alarm {
  /** Resolves after a time, or earlier once somebody rings. */
  wait(ms: number): Promise<void>;
  /** Ends a wait, or the next one where nobody waits. */
  ring(): void;
}

/** The timers keep the process: who listens has something to do. */
export function createAlarm(): Alarm {
  let isRinging = false;
  let wake: (() => void) | undefined;
  return {
    wait: async (ms) => {
      if (!isRinging) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isRinging = false;
      wake = undefined;
    },
    ring: () => {
      isRinging = true;
      wake?.();
    },
  };
}
