import type { Cluster } from './cluster/cluster.ts';

/** How much a run may do. */
export interface Extent {
  readonly isLong: boolean;
  /** Picks the number for this run. */
  readonly pick: (short: number, long: number) => number;
  readonly soakMs: number;
}

/** One row of the table, and what is wrong with it. */
export interface Row {
  injections: number;
  operations: number;
  acked: number;
  refused: number;
  unknown: number;
  lost: number;
  duplicated: number;
  phantom: number;
  staleLists: number;
  unexpectedExits: number;
  /** From the end of a fault to the first success, in ms; the longest of all injections. */
  longestRecoveryMs: number;
  /** Why the scenario fails; none: it passes. */
  readonly failures: string[];
  /** What a reader of the table should know: figures that were measured, or why nothing could be. */
  readonly notes: string[];
  /** True when this machine cannot run the scenario. */
  isImpossible: boolean;
}

export interface Scenario {
  /** As in the catalogue of faults. */
  readonly id: string;
  readonly title: string;
  /** Left out of the short form: another scenario there covers most of it. */
  readonly isLongOnly?: true;
  run(world: World): Promise<void>;
}

/** What a scenario works with. */
export interface World extends Extent {
  readonly cluster: Cluster;
  readonly row: Row;
  /** Fails the scenario unless `condition` holds. */
  expect(condition: boolean, failure: string): void;
  note(text: string): void;
}

export const createRow = (): Row => ({
  injections: 0,
  operations: 0,
  acked: 0,
  refused: 0,
  unknown: 0,
  lost: 0,
  duplicated: 0,
  phantom: 0,
  staleLists: 0,
  unexpectedExits: 0,
  longestRecoveryMs: 0,
  failures: [],
  notes: [],
  isImpossible: false,
});
