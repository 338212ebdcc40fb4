/** One thing that was promised about speed, and whether it holds. */
export interface Goal {
  readonly title: string;
  /** What is wanted, in words. */
  readonly wanted: string;
  readonly measured: string;
  readonly holds: boolean;
  /** Why this machine cannot tell; it neither holds nor is missed then. */
  readonly unmeasurable?: string;
}

/** Whether a goal holds, in a word. */
export const verdictOf = ({ holds, unmeasurable }: Goal): 'holds' | 'MISSES' | 'CANNOT' =>
  unmeasurable !== undefined ? 'CANNOT' : holds ? 'holds' : 'MISSES';

/** A goal about a number that has to reach `limit`, or stay below it. */
export function compare(
  title: string,
  value: number,
  limit: { readonly min: number } | { readonly max: number },
): Goal {
  const [word, bound] = 'min' in limit ? (['at least', limit.min] as const) : (['at most', limit.max] as const);
  const holds = 'min' in limit ? value >= bound : value <= bound;
  return { title, wanted: `${word} ${bound}`, measured: value.toFixed(2), holds };
}
