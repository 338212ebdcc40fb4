import { createHash, timingSafeEqual } from 'node:crypto';
import type { Health } from '@taskapp/core';
import type { Context } from 'koa';
import { isLocalCaller } from './client-address.ts';
import { registerDocs } from './docs.ts';
import { httpErrors, refuse } from './http-errors.ts';
import type { Metrics } from './metrics.ts';
import { createOpenApi } from './openapi.ts';
import { scopeOf } from './request-scope.ts';
import type { Routers } from './routers.ts';
import type { LifecycleState, ServedApp } from './routes.ts';

export interface ServiceRouteOptions {
  readonly state: () => LifecycleState;
  readonly metrics: Metrics;
  readonly metricsToken: string | undefined;
  /** Serves `/openapi.json` and `/docs`. */
  readonly docs: boolean;
}

type Handler = (ctx: Context) => unknown;

/** Adds the routes by which machines watch and read the app. They are charged to no limit. */
export function registerServiceRoutes(routers: Routers, app: ServedApp, options: ServiceRouteOptions): void {
  const get = (path: string, handler: Handler) =>
    routers.forRoute(path).get(path, (ctx) => {
      scopeOf(ctx).route = path;
      return handler(ctx);
    });
  get('/livez', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  get('/health', async (ctx) => answerHealth(ctx, await app.health(), options.state()));
  get('/readyz', async (ctx) => answerReadiness(ctx, await app.health(), options.state()));
  get('/metrics', (ctx) => answerMetrics(ctx, options));
  if (!options.docs) return;
  let document: string | undefined;
  get('/openapi.json', (ctx) => {
    document ??= JSON.stringify(createOpenApi(app));
    ctx.set('Cache-Control', 'no-cache');
    ctx.type = 'application/json';
    ctx.body = document;
  });
  registerDocs(routers);
}

/** A server that starts has no schema that fits yet: healthy means that operations are served. */
function answerHealth(ctx: Context, { status }: Health, state: LifecycleState): void {
  const healthy = status !== 'unhealthy' && state !== 'starting';
  ctx.status = healthy ? 200 : 503;
  ctx.body = healthy ? { status, timestamp: new Date().toISOString() } : { status: 'unhealthy' };
}

function answerReadiness(ctx: Context, { status, checks }: Health, state: LifecycleState): void {
  const ready = state === 'ready' && status !== 'unhealthy';
  ctx.status = ready ? 200 : 503;
  ctx.body = { status: state === 'ready' ? status : state, checks };
}

/**
 * With a token: to whoever brings it, 401 to others. Without one: to callers on this machine that forward for nobody;
 * to all others the route does not exist.
 */
async function answerMetrics(ctx: Context, { metrics, metricsToken }: ServiceRouteOptions): Promise<void> {
  if (metricsToken === undefined && !isLocalCaller(ctx.req)) refuse(httpErrors.routeNotFound);
  const given = /^Bearer +(\S+) *$/i.exec(ctx.get('Authorization'))?.[1] ?? '';
  if (metricsToken !== undefined && !isSame(given, metricsToken)) refuse(httpErrors.metricsToken);
  ctx.type = metrics.contentType;
  ctx.body = await metrics.render();
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Takes the same time wherever the two differ. */
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));
