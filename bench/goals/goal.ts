/** One thing that was promised about speed, and whether it holds. */
export interface Goal {
  readonly title: string;
  /** What is wanted, in words. */
  readonly wanted: string;
  readonly measured: string;
  readonly holds: boolean;
  /** How many times the wanted value it missed by at worst; below 1 it holds. */
  readonly strain: number;
  /** Why this machine cannot tell; it neither holds nor is missed then. */
  readonly unmeasurable?: string;
}

/** By so many times a goal is missed only where something broke: short runs on a busy machine are off by two. */
const GROSS = 5;

/** True for what is no noise. */
export const isGross = ({ strain, unmeasurable }: Goal): boolean => unmeasurable === undefined && strain > GROSS;

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
  const strain = 'min' in limit ? bound / value : value / bound;
  return { title, wanted: `${word} ${bound}`, measured: value.toFixed(2), holds, strain };
}
