/** What a load has seen. */
export interface Tally {
  /** Changes that were tried; reads are not counted. */
  operations: number;
  acked: number;
  refused: number;
  unknown: number;
  reads: number;
  staleLists: number;
  /** Requests that were not answered 2xx, by what came instead. */
  readonly failed: Map<string, number>;
  /** Answers that cannot be right, whatever is broken. */
  readonly surprises: string[];
  /** When each request ended and how long it took, in ms. */
  readonly timings: { readonly at: number; readonly ms: number }[];
}

export const createTally = (): Tally => ({
  operations: 0,
  acked: 0,
  refused: 0,
  unknown: 0,
  reads: 0,
  staleLists: 0,
  failed: new Map(),
  surprises: [],
  timings: [],
});

const MAX_SURPRISES = 20;

export function surprise(tally: Tally, what: string): void {
  if (tally.surprises.length < MAX_SURPRISES) tally.surprises.push(what);
}

/** The time that `share` of the requests which were under way between two moments did not exceed. */
export function percentile({ timings }: Tally, share: number, from = 0, to = Number.POSITIVE_INFINITY): number {
  const sorted = timings.flatMap(({ at, ms }) => (at >= from && at - ms <= to ? [ms] : [])).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
