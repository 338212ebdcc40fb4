import { AggregatorRegistry, type Registry } from 'prom-client';

/** The processes of one server, each of which counts for itself. */
export interface MetricsPeers {
  /** Tells this process from the others: the label `worker` of all of its series. */
  readonly name: string;
  /** The snapshots of all processes, this one included. */
  gather(): Promise<object[]>;
  /** Takes the function that answers whoever gathers. */
  offer(snapshot: () => Promise<object>): void;
}

/**
 * Lets a registry tell the metrics of all processes, whichever of them is asked. They are not summed up: a process
 * that ends would take its share out of every counter, which looks like a restart of all of them.
 */
export function joinPeers(registry: Registry, { name, gather, offer }: MetricsPeers): () => Promise<string> {
  registry.setDefaultLabels({ worker: name });
  // `sum` keeps every series, since no two have the same labels; the library would leave some out.
  offer(async () => (await registry.getMetricsAsJSON()).map((metric) => ({ ...metric, aggregator: 'sum' })));
  return async () => AggregatorRegistry.aggregate(await gather()).metrics();
}
