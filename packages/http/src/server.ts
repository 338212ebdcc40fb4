import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@taskapp/core';
import type { Config } from './config.structure.ts';
import { prepareDatabase } from './database-start.ts';
import { HOUR_MS, startHousekeeping } from './housekeeping.ts';
import { type Listener, listen } from './listener.ts';
import type { MetricsPeers } from './metrics-peers.ts';
import { closeParts, createParts, type OverloadLimits } from './server-parts.ts';
import { loadTracing } from './tracing.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Gives up starting; a server that has started is closed by `close`. */
  readonly signal?: AbortSignal;
  /** How long PostgreSQL may be absent at the start; 60 seconds by default. */
  readonly databaseWaitMs?: number;
  /** From where on operations are refused with 503, where it is not the default. */
  readonly overload?: OverloadLimits;
  /** Where this is one of `config.workers` processes: the metrics of the others. */
  readonly peers?: MetricsPeers;
}

/** A server that answers requests. */
export interface RunningServer {
  /** Where it answers, for people on this machine: `http://localhost:3000`. */
  readonly url: string;
  readonly port: number;
  /**
   * Reports itself unready, waits for the configured delay, stops accepting, gives requests in progress 20 seconds,
   * then closes what the server opened. Idempotent; leaves nothing that keeps a process alive.
   */
  close(): Promise<void>;
  /** Rejects when it cannot go on serving; where a server is one process, that process ends instead. */
  readonly failed?: Promise<never>;
}

/** A server beside which other processes accept connections at the same address. */
export interface OneOfSeveral extends RunningServer {
  /**
   * Closes without a refusal: stops accepting at once, which others do instead, and for two seconds ends connections
   * only together with an answer.
   */
  handOver(): Promise<void>;
}

const DATABASE_WAIT_MS = 60_000;
const GRACE_MS = 20_000;
const LINGER_MS = 2000;

/**
 * Starts a server of its own: connections, app and listener. It listens at once, so that `/livez` answers, and
 * resolves when operations are served.
 *
 * @throws StartError with what the operator can do; everything that was opened is closed again
 */
export async function startServer({ config, log, signal, ...options }: ServerOptions): Promise<OneOfSeveral> {
  const { host, port: wanted, shutdownDelayMs } = config.http;
  const tracing = config.tracing ? await loadTracing(log) : undefined;
  const parts = createParts(config, log, { ...options, tracing });
  const { db, http, lifecycle } = parts;
  let listener: Listener | undefined;
  let endHousekeeping: (() => Promise<void>) | undefined;
  const stop = async (delayMs: number) => {
    lifecycle.state = 'draining';
    await Promise.all([sleep(delayMs), endHousekeeping?.()]);
    await listener?.close(GRACE_MS);
    await closeParts(parts, log);
  };
  try {
    listener = await listen(http.callback(), { host, port: wanted });
    const waitMs = options.databaseWaitMs ?? DATABASE_WAIT_MS;
    await prepareDatabase({ db, config: config.database, log, waitMs, signal });
  } catch (error) {
    await stop(0);
    throw error;
  }
  lifecycle.state = 'ready';
  endHousekeeping = startHousekeeping(parts.app, log, HOUR_MS * config.workers);
  const { port } = listener;
  const url = `http://${nameOf(host)}:${port}`;
  log.info('Listening', { url, environment: config.environment });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= stop(shutdownDelayMs);
    return closed;
  };
  const handOver = () => {
    listener?.refuse();
    closed ??= stop(LINGER_MS);
    return closed;
  };
  return { url, port, close, handOver };
}

function nameOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
