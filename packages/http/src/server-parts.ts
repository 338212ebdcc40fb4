import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createTaskApp, type Logger, type Tracing } from '@taskapp/core';
import type { Config } from './config.structure.ts';
import { createHttpApp, type HttpAppOptions } from './http-app.ts';
import { createMetrics } from './metrics.ts';
import type { MetricsPeers } from './metrics-peers.ts';
import { type PressureLimits, watchPressure } from './pressure.ts';
import { openRedis } from './redis.ts';
import type { LifecycleState } from './routes.ts';

const DESTROY_MS = 2000;

/** From where on operations are refused with 503. */
export interface OverloadLimits extends Partial<PressureLimits>, Pick<HttpAppOptions, 'maxInFlight'> {}

interface PartsOptions {
  readonly overload?: OverloadLimits;
  readonly peers?: MetricsPeers;
  readonly tracing?: Tracing | undefined;
}

type Parts = ReturnType<typeof createParts>;

/** Makes everything of a server but its listener. */
export function createParts(config: Config, log: Logger, { overload = {}, peers, tracing }: PartsOptions) {
  const { maxInFlight, ...limits } = overload;
  const { database, redis: redisAddress, app: settings, http: httpConfig, workers: processes } = config;
  const { url, poolMax, prepared, pooler } = database;
  const db = connect(url, { poolMax, prepared, pooler, applicationName: 'taskapp', log });
  const redis = redisAddress && openRedis(redisAddress, log);
  const metrics = createMetrics({ db, process: true, peers });
  const app = createTaskApp({ db, redis, log, count: metrics.count, tracing, processes, ...settings });
  const lifecycle: { state: LifecycleState } = { state: 'starting' };
  const pressure = watchPressure(db, limits);
  const state = () => lifecycle.state;
  const shared = { log, metrics, tracing, state, maxInFlight, pressure: pressure.read };
  const http = createHttpApp(app, { ...httpConfig, ...shared });
  return { db, redis, app, http, lifecycle, pressure };
}

/** Closes what `createParts` opened. */
export async function closeParts({ app, db, redis, pressure }: Parts, log: Logger): Promise<void> {
  pressure.close();
  await app.close();
  for (const client of redis ? [redis.limits, redis.cache] : []) client.disconnect();
  // A connection on a dead network would not let go.
  await Promise.race([db.destroy(), sleep(DESTROY_MS, undefined, { ref: false })]).catch((error: unknown) => {
    log.warn('The connection pool did not close', { error });
  });
}
