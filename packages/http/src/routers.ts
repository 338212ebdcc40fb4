import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';

/** Routers by the beginnings of their paths: a router tries all of its routes in turn, so each has few. */
export interface Routers {
  /** The router that a path, or a template of one, belongs to; it is made where there is none. */
  forRoute(template: string): Router;
  /** The router that knows a path if any does. */
  find(path: string): Router;
  /** Hands each request to its router. */
  routes(): Middleware;
}

/** `livez` or `api/things`, the way routers compare paths: whatever the case. */
function keyOf(path: string): string {
  const [, first = '', second] = path.toLowerCase().split('/', 3);
  return first === 'api' ? `${first}/${second}` : first;
}

export function createRouters(): Routers {
  const routers = new Map<string, Router>();
  const chains = new Map<string, Middleware>();
  const none = new Router();
  return {
    forRoute: (template) => {
      const key = keyOf(template);
      const router = routers.get(key) ?? new Router();
      routers.set(key, router);
      chains.set(key, router.routes() as unknown as Middleware);
      return router;
    },
    find: (path) => routers.get(keyOf(path)) ?? none,
    routes: () => (ctx: ParameterizedContext, next) => {
      const chain = chains.get(keyOf(ctx.path));
      return chain ? chain(ctx as never, next) : next();
    },
  };
}
