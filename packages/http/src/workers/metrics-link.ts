import type { MetricsPeers } from '../metrics-peers.ts';
import type { Order, Report } from './messages.ts';

type MetricsOrder = Extract<Order, { type: 'tell metrics' | 'all metrics' }>;

/** A worker's side of the exchange of metrics: it tells its own to the primary, and asks there for those of all. */
export function createMetricsLink(report: (content: Report) => void): {
  readonly peers: Omit<MetricsPeers, 'name'>;
  take(order: MetricsOrder): void;
} {
  const waiting = new Map<number, (snapshots: object[]) => void>();
  let requests = 0;
  let snapshot: () => Promise<object> = async () => [];
  return {
    peers: {
      gather: () => {
        requests += 1;
        const request = requests;
        report({ type: 'ask metrics', request });
        return new Promise((resolve) => waiting.set(request, resolve));
      },
      offer: (given) => {
        snapshot = given;
      },
    },
    take: (order) => {
      if (order.type === 'tell metrics') {
        void snapshot().then((own) => report({ type: 'metrics', request: order.request, snapshot: own }));
        return;
      }
      waiting.get(order.request)?.(order.snapshots);
      waiting.delete(order.request);
    },
  };
}
