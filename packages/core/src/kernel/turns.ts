/** Lets only so many calls for one key run at a time in this process; the others wait in line, and hold nothing. */
export interface Turns {
  /**
   * Runs `work` when it is its turn.
   *
   * @param deadline until when to wait, on the clock of `performance.now()`
   * @throws what `refuse` throws when the line is full, or the deadline passes before `work` has started
   */
  take<T>(key: string, deadline: number, work: () => Promise<T>): Promise<T>;
}

interface TurnsOptions {
  /** How many run at a time for a key. */
  readonly limit: number;
  /** How many wait at most for a key. */
  readonly maxWaiting: number;
  readonly refuse: () => never;
}

interface Line {
  running: number;
  /** Who waits, first come first served: each is called when it is its turn. */
  readonly waiting: Set<() => void>;
}

/** Makes the lines of one kind of work; a key without work takes no memory. */
export function createTurns({ limit, maxWaiting, refuse }: TurnsOptions): Turns {
  const lines = new Map<string, Line>();

  const enter = async (key: string, deadline: number): Promise<void> => {
    const line = lines.get(key) ?? { running: 0, waiting: new Set() };
    lines.set(key, line);
    if (line.running < limit) line.running += 1;
    else if (line.waiting.size >= maxWaiting || !(await waitIn(line, deadline))) refuse();
  };
  const leave = (key: string): void => {
    const line = lines.get(key) as Line;
    const [next] = line.waiting;
    // The turn is handed on at once: nobody who comes now may slip in between.
    if (!next) line.running -= 1;
    next?.();
    if (line.running === 0) lines.delete(key);
  };
  return {
    take: async (key, deadline, work) => {
      await enter(key, deadline);
      try {
        return await work();
      } finally {
        leave(key);
      }
    },
  };
}

/** Resolves with true at its turn, with false once the deadline has passed. */
function waitIn({ waiting }: Line, deadline: number): Promise<boolean> {
  return new Promise((resolve) => {
    const leaveLine = (isTurn: boolean) => {
      clearTimeout(timer);
      waiting.delete(takeTurn);
      resolve(isTurn);
    };
    const takeTurn = () => leaveLine(true);
    const timer = setTimeout(() => leaveLine(false), deadline - performance.now());
    waiting.add(takeTurn);
  });
}
