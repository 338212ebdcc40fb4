import { silent, type Tracing, traceLog } from '@taskapp/core';
import Koa from 'koa';
import { logAccess } from './access-log.ts';
import { beginAnswer } from './answer.ts';
import { createBearerReader } from './bearer.ts';
import { createClientAddress, type TrustProxy } from './client-address.ts';
import { renderErrors } from './errors.ts';
import { createLoadShedding } from './load-shedding.ts';
import type { RequestLogger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { Pressure } from './pressure.ts';
import { openScope } from './request-scope.ts';
import { traceRequests } from './request-spans.ts';
import { createRouters } from './routers.ts';
import { type LifecycleState, refuseUnmatched, registerOperations, type ServedApp } from './routes.ts';
import { createSecurity, endConnections, fixedFields, limitRequestHead } from './security.ts';
import { registerServiceRoutes } from './service-routes.ts';
import { createUserSlots } from './user-slots.ts';

export interface HttpAppOptions {
  /** One line for each request, and what went wrong; silent by default. */
  readonly log?: RequestLogger;
  /** `@opentelemetry/api`, the module itself: a span of each request. Nothing is traced without it. */
  readonly tracing?: Tracing | undefined;
  /** Origins whose pages may read answers; none by default. */
  readonly corsOrigins?: readonly string[];
  /** Whose `X-Forwarded-For` is believed; `none` by default. */
  readonly trustProxy?: TrustProxy;
  /** Bytes of a request body at most, after decompression; 10,240 by default. */
  readonly bodyLimit?: number;
  /** Serves `/docs` and `/openapi.json`; true by default. */
  readonly docs?: boolean;
  /** Metrics that count more than requests; made with `createMetrics`. */
  readonly metrics?: Metrics;
  /** What `/metrics` asks for; without it only callers on this machine are answered. */
  readonly metricsToken?: string | undefined;
  /** Asked for at every request; always `ready` by default. */
  readonly state?: () => LifecycleState;
  /** Requests of one user at the same time in this process; 10 by default. */
  readonly maxConcurrentPerUser?: number;
  /** Operations in progress from which on lists are refused, and from half as many more on nearly all; 200 by default. */
  readonly maxInFlight?: number | undefined;
  /** What else the process is short of, asked for at every request; nothing by default. */
  readonly pressure?: () => Pressure | undefined;
}

const BODY_LIMIT = 10_240;
const MAX_CONCURRENT = 10;
const MAX_IN_FLIGHT = 200;

/**
 * Serves the task app over HTTP: listen on it, hand `callback()` to a server, or mount it below a prefix of your own
 * Koa app. It opens nothing, starts no timer and needs no closing; the task app stays yours to close.
 * @throws TypeError for an app whose accounts are its host's and that has no `users.authenticate`
 */
export function createHttpApp(app: ServedApp, options: HttpAppOptions = {}): Koa {
  const {
    tracing,
    log = silent as RequestLogger,
    trustProxy = 'none',
    corsOrigins = [],
    bodyLimit = BODY_LIMIT,
    docs = true,
  } = options;
  const { state = () => 'ready', metrics = createMetrics(), metricsToken } = options;
  const routers = createRouters();
  registerServiceRoutes(routers, app, { state, metrics, metricsToken, docs });
  const { maxInFlight = MAX_IN_FLIGHT, maxConcurrentPerUser = MAX_CONCURRENT, pressure = () => undefined } = options;
  const shedding = createLoadShedding({ maxInFlight, pressure, metrics });
  const holdSlot = createUserSlots(maxConcurrentPerUser);
  const readBearer = createBearerReader(app.access);
  registerOperations(routers, app, { bodyLimit, state, shedding, holdSlot, readBearer });

  const koa = new Koa();
  koa.use(openScope(createClientAddress(trustProxy), () => state() === 'draining'));
  if (tracing) koa.use(traceRequests(tracing));
  koa.use(logAccess(log, metrics));
  koa.use(beginAnswer((ctx) => ctx.app === koa, fixedFields()));
  koa.use(endConnections);
  koa.use(renderErrors(tracing ? traceLog(log, tracing) : log));
  for (const middleware of createSecurity({ corsOrigins, trustProxy })) koa.use(middleware);
  koa.use(limitRequestHead);
  koa.use(routers.routes());
  koa.use(refuseUnmatched(routers));
  // Koa reports connections that broke off here; the access log has them already.
  koa.on('error', (error: unknown) => log.debug('Connection failed', { error }));
  return koa;
}
