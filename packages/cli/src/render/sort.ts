import type { Row } from './result.ts';

/** Rows in the order of a field, `-` in front for the other way round; rows without a value come last either way. */
export function sortRows(rows: readonly Row[], sort: string): Row[] {
  const isDescending = sort.startsWith('-');
  const field = isDescending ? sort.slice(1) : sort;
  const sign = isDescending ? -1 : 1;
  return [...rows].sort((left, right) => {
    const [a, b] = [left[field], right[field]];
    if (isNothing(a) || isNothing(b)) return Number(isNothing(a)) - Number(isNothing(b));
    return sign * compare(a, b);
  });
}

const isNothing = (value: unknown): boolean => value === null || value === undefined;

/** Numbers and dates by size, anything else as text without regard to case. */
function compare(a: unknown, b: unknown): number {
  if ((typeof a === 'number' && typeof b === 'number') || (a instanceof Date && b instanceof Date)) {
    return Number(a) - Number(b);
  }
  const [left, right] = [a, b].map((value) => JSON.stringify(value).toLowerCase()) as [string, string];
  return left < right ? -1 : Number(left > right);
}
