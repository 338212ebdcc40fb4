/** The longest time that timers count. */
const FOREVER = 2 ** 31 - 1;

/** Some time for some work. */
export interface Deadline {
  /** Aborts when the time is up, or before that with the signal of whoever waits for the work. */
  readonly signal: AbortSignal;
  /** Milliseconds left. */
  left(): number;
  /** Stops the clock; must be called in any case. */
  end(): void;
}

/** Starts the clock. */
export function startDeadline(milliseconds: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  const abort = () => controller.abort(outer?.reason);
  if (outer?.aborted) abort();
  outer?.addEventListener('abort', abort);
  const timer = setTimeout(() => controller.abort(), Math.min(milliseconds, FOREVER));
  const due = performance.now() + milliseconds;
  return {
    signal: controller.signal,
    left: () => due - performance.now(),
    end: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}

/** Waits for `work` until the signal aborts; rejects with the signal's reason then, and leaves the work alone. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Resolves after some time, or rejects with the signal's reason. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rest = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await untilAborted(signal, rest).finally(() => clearTimeout(timer));
}
