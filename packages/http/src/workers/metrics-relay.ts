import type { Order, Report } from './messages.ts';

/** A worker as this file sees it. */
export interface Teller {
  order(order: Order): void;
}

type MetricsReport = Extract<Report, { type: 'metrics' | 'ask metrics' }>;

/** A worker that says nothing for so long is left out, so that one that is stuck hides no other. */
const PATIENCE_MS = 1000;

interface Round {
  readonly missing: Set<Teller>;
  readonly snapshots: object[];
  readonly finish: () => void;
}

/** The primary's side of the exchange of metrics: passes the question of one worker on to all that serve. */
export function createMetricsRelay(serving: () => readonly Teller[]): (from: Teller, report: MetricsReport) => void {
  const rounds = new Map<number, Round>();
  let last = 0;

  const ask = (from: Teller, request: number) => {
    last += 1;
    const id = last;
    const tellers = serving();
    const snapshots: object[] = [];
    const finish = () => {
      clearTimeout(timer);
      rounds.delete(id);
      from.order({ type: 'all metrics', request, snapshots });
    };
    const timer = setTimeout(finish, PATIENCE_MS);
    rounds.set(id, { missing: new Set(tellers), snapshots, finish });
    for (const teller of tellers) teller.order({ type: 'tell metrics', request: id });
  };
  return (from, report) => {
    if (report.type === 'ask metrics') return ask(from, report.request);
    const round = rounds.get(report.request);
    if (!round?.missing.delete(from)) return;
    round.snapshots.push(report.snapshot);
    if (round.missing.size === 0) round.finish();
  };
}
