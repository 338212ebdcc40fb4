/** Ends that came too soon, and what follows from them. */
export interface Strikes {
  /** Something serves from now on. */
  begin(member: object): void;
  /** It has ended by itself. */
  end(member: object): void;
  /** Something did not even start. */
  add(): void;
  /** How long to wait before the next start: longer with every strike. */
  delayMs(): number;
  areTooMany(): boolean;
}

/** Whoever has served for so long was well: its end is no sign that the next one fails, too. */
const STABLE_MS = 10_000;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5000;
const STRIKES_EACH = 3;

/** Counts strikes for so many workers. */
export function createStrikes(size: number): Strikes {
  const since = new WeakMap<object, number>();
  let strikes = 0;
  return {
    begin: (member) => void since.set(member, performance.now()),
    end: (member) => {
      const servedMs = performance.now() - (since.get(member) ?? performance.now());
      strikes = servedMs < STABLE_MS ? strikes + 1 : 0;
    },
    add: () => {
      strikes += 1;
    },
    delayMs: () => Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** strikes),
    areTooMany: () => strikes >= STRIKES_EACH * size,
  };
}
