import type { Config } from '../config.structure.ts';

/** Which stream of the process takes the log. */
export type LogOutput = 'stdout' | 'stderr';

/** What a worker is told first. */
export interface StartOrder {
  readonly type: 'start';
  readonly worker: number;
  /** It also finds out how many connections each worker may open. */
  readonly isFirst: boolean;
  readonly config: Config;
  readonly output: LogOutput;
}

/** What the primary tells a worker; nobody else does: signals that reach a whole group of processes are ignored. */
export type Order =
  | StartOrder
  /** End as one process does at SIGTERM. */
  | { readonly type: 'stop' }
  /** End; others go on at the same address. */
  | { readonly type: 'hand over' }
  | { readonly type: 'tell metrics'; readonly request: number }
  | { readonly type: 'all metrics'; readonly request: number; readonly snapshots: object[] };

/** Where a worker answers, and what the first one has found out. */
export interface Serving {
  readonly url: string;
  readonly port: number;
  readonly poolMax: number;
}

/** What a worker tells the primary. */
export type Report =
  /** It listens to orders; what is sent before that may be lost. */
  | { readonly type: 'here' }
  | ({ readonly type: 'ready' } & Serving)
  /** It could not start; with the code of a StartError, where it was one. */
  | { readonly type: 'failed'; readonly message: string; readonly code?: string; readonly cause?: unknown }
  | { readonly type: 'metrics'; readonly request: number; readonly snapshot: object }
  | { readonly type: 'ask metrics'; readonly request: number };
