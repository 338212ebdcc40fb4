import Router from '@koa/router';
import type { Context, Middleware, ParameterizedContext } from 'koa';
import { leaveToKoa } from './answer.ts';

/** Answers what a route matched, with the parameters of its path. */
export type RouteHandler = (ctx: Context, params: Readonly<Record<string, string>>) => Promise<void>;

/** Routers by the beginnings of their paths: a router tries all of its routes in turn, so each has few. */
export interface Routers {
  /**
   * Adds a route of an operation. Where its path is given as it stands, or up to one parameter at its end, it is found by a
   * look-up; the router still has it for everything that routers know besides: HEAD, letters of either case, escapes.
   */
  add(method: string, template: string, handler: RouteHandler): void;
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
  const shortcuts = createShortcuts();
  const forRoute = (template: string) => {
    const key = keyOf(template);
    const router = routers.get(key) ?? new Router();
    routers.set(key, router);
    chains.set(key, router.routes() as unknown as Middleware);
    return router;
  };
  return {
    add: (method, template, handler) => {
      shortcuts.add(method, template, handler);
      forRoute(template).register(template, [method], (ctx) => handler(ctx, ctx.params));
    },
    forRoute,
    find: (path) => routers.get(keyOf(path)) ?? none,
    routes: () => (ctx: ParameterizedContext, next) => {
      const { path, method } = ctx;
      const known = shortcuts.find(method, path);
      if (known) return known(ctx as Context);
      leaveToKoa(ctx as Context);
      const chain = chains.get(keyOf(path));
      return chain ? chain(ctx as never, next) : next();
    },
  };
}

const NONE: Readonly<Record<string, string>> = {};

/** Routes by their paths, or by what comes before the parameter at the end of them. */
function createShortcuts() {
  const exact = new Map<string, RouteHandler>();
  const open = new Map<string, { handler: RouteHandler; name: string }>();
  return {
    add: (method: string, template: string, handler: RouteHandler) => {
      const [, start = '', name] = /^([^:]*)(?::(\w+))?$/.exec(template) ?? [];
      if (start === '') return;
      if (name === undefined) exact.set(`${method} ${start}`, handler);
      else open.set(`${method} ${start}`, { handler, name });
    },
    find: (method: string, path: string): ((ctx: Context) => Promise<void>) | undefined => {
      const whole = exact.get(`${method} ${path}`);
      if (whole) return (ctx) => whole(ctx, NONE);
      const end = path.lastIndexOf('/') + 1;
      const value = path.slice(end);
      const route = open.get(`${method} ${path.slice(0, end)}`);
      if (!route || value === '' || value.includes('%')) return undefined;
      return (ctx) => route.handler(ctx, { [route.name]: value });
    },
  };
}
