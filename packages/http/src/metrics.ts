import type { Occurrence } from '@taskapp/core';
import type { Knex } from 'knex';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { joinPeers, type MetricsPeers } from './metrics-peers.ts';
import { addPool } from './metrics-pool.ts';

/** One answered request. */
export interface ObservedRequest {
  readonly method: string;
  /** The route's template; anything a client can make up would grow the metrics without bound. */
  readonly route: string;
  readonly status: number;
  /** The code of the error that it was answered with. */
  readonly code?: string | undefined;
  readonly seconds: number;
}

/** The metrics of one app, in a registry of its own: two apps in one process do not mix. */
export interface Metrics {
  /** The media type of what `render` returns. */
  readonly contentType: string;
  observe(request: ObservedRequest): void;
  /** One operation was refused because of `reason`. */
  countShed(reason: string): void;
  /** One operation more, or less, is in progress. */
  countInFlight(by: 1 | -1): void;
  /** Something happened that only the core sees. */
  count(what: Occurrence): void;
  /** All metrics in the text format of Prometheus. */
  render(): Promise<string>;
}

export interface MetricsOptions {
  /** Adds gauges of this connection pool. */
  readonly db?: Knex;
  /** Adds memory, CPU, garbage collection and event loop of the whole process; false by default. */
  readonly process?: boolean;
  /** Where several processes are one server: `render` tells the metrics of all of them. */
  readonly peers?: MetricsPeers | undefined;
}

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Makes the metrics of one app. They start no timer: values are read when somebody asks. */
export function createMetrics({ db, process = false, peers }: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry],
  });
  const counter = (name: string, label: string, help: string) =>
    new Counter({ name, help, labelNames: [label], registers: [registry] });
  const errors = counter('http_errors_total', 'code', 'Requests answered with an error, by its code');
  // What happens with every request is counted in plain numbers, which are put in when somebody asks.
  const occurrences = new Map<Occurrence, number>();
  new Counter({
    name: 'taskapp_occurrences_total',
    help: 'Where lists came from, how often Redis was passed over, and how refresh tokens were used',
    labelNames: ['what'],
    registers: [registry],
    collect() {
      for (const [what, times] of occurrences) this.inc({ what }, times);
      occurrences.clear();
    },
  });
  const shed = counter(
    'http_requests_shed_total',
    'reason',
    'Requests refused with 503 because too much was going on, by what was short',
  );
  let inFlight = 0;
  new Gauge({
    name: 'http_requests_in_flight',
    help: 'Operations in progress; waiting for a client is no progress',
    registers: [registry],
    collect() {
      this.set(inFlight);
    },
  });
  if (db) addPool(registry, db);
  if (process) collectDefaultMetrics({ register: registry });
  return {
    contentType: registry.contentType,
    observe: ({ method, route, status, code, seconds }) => {
      duration.observe({ method: METHODS.has(method) ? method : 'OTHER', route, status }, seconds);
      if (code) errors.inc({ code });
    },
    count: (what) => void occurrences.set(what, (occurrences.get(what) ?? 0) + 1),
    countShed: (reason) => shed.inc({ reason }),
    countInFlight: (by) => {
      inFlight += by;
    },
    render: peers ? joinPeers(registry, peers) : () => registry.metrics(),
  };
}
