import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createTaskApp, type Logger } from '@taskapp/core';
import type { Config } from './config.variables.ts';
import { prepareDatabase } from './database-start.ts';
import { startHousekeeping } from './housekeeping.ts';
import { createHttpApp, type HttpAppOptions } from './http-app.ts';
import { type Listener, listen } from './listener.ts';
import { createMetrics } from './metrics.ts';
import { type PressureLimits, watchPressure } from './pressure.ts';
import { openRedis } from './redis.ts';
import type { LifecycleState } from './routes.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Gives up starting; a server that has started is closed by `close`. */
  readonly signal?: AbortSignal;
  /** How long PostgreSQL may be absent at the start; 60 seconds by default. */
  readonly databaseWaitMs?: number;
  /** From where on operations are refused with 503, where it is not the default. */
  readonly overload?: OverloadLimits;
}

export interface OverloadLimits extends Partial<PressureLimits>, Pick<HttpAppOptions, 'maxInFlight'> {}

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
}

const DATABASE_WAIT_MS = 60_000;
const GRACE_MS = 20_000;
const DESTROY_MS = 2000;

/**
 * Starts a server of its own: connections, app and listener. It listens at once, so that `/livez` answers, and
 * resolves when operations are served.
 *
 * @throws StartError with what the operator can do; everything that was opened is closed again
 */
export async function startServer({ config, log, signal, ...options }: ServerOptions): Promise<RunningServer> {
  const { host, port: wanted, shutdownDelayMs } = config.http;
  const parts = createParts(config, log, options.overload);
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
  endHousekeeping = startHousekeeping(parts.app, log);
  const { port } = listener;
  const url = `http://${nameOf(host)}:${port}`;
  log.info('Listening', { url, environment: config.environment });
  return { url, port, close: once(() => stop(shutdownDelayMs)) };
}

/** Does the work at the first call; every call waits for it. */
function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

type Parts = ReturnType<typeof createParts>;

function createParts(config: Config, log: Logger, { maxInFlight, ...limits }: OverloadLimits = {}) {
  const { database, redis: redisAddress, app: settings, http: httpConfig } = config;
  const { url, poolMax, prepared } = database;
  const db = connect(url, { poolMax, prepared, applicationName: 'taskapp', log });
  const redis = redisAddress && openRedis(redisAddress, log);
  const metrics = createMetrics({ db, process: true });
  const app = createTaskApp({ db, redis, log, count: metrics.count, ...settings });
  const lifecycle: { state: LifecycleState } = { state: 'starting' };
  const pressure = watchPressure(db, limits);
  const state = () => lifecycle.state;
  const http = createHttpApp(app, { ...httpConfig, log, metrics, state, maxInFlight, pressure: pressure.read });
  return { db, redis, app, http, lifecycle, pressure };
}

async function closeParts({ app, db, redis, pressure }: Parts, log: Logger): Promise<void> {
  pressure.close();
  await app.close();
  for (const client of redis ? [redis.limits, redis.cache] : []) client.disconnect();
  // A connection on a dead network would not let go.
  await Promise.race([db.destroy(), sleep(DESTROY_MS, undefined, { ref: false })]).catch((error: unknown) => {
    log.warn('The connection pool did not close', { error });
  });
}

function nameOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
