import type { ServerResponse } from 'node:http';
import type Koa from 'koa';
import { createEntrance, type HostRequest, type MountOptions } from './base-path.ts';

/** Answers a request of `node:http`, Express, Connect, or whatever else hands on such requests. */
export type NodeHandler = (
  request: HostRequest,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => Promise<void>;

/** What a request is for that is for no resource at all (RFC 9112, 3.2.4); it is answered as an unknown path. */
const NOTHING = '*';

/**
 * Serves the app from a host's own server. Requests outside the base path are left to `next` where there is one, and
 * answered with 404 otherwise. A body that the host has parsed before is honoured.
 *
 * @throws TypeError for a base path that is none
 */
export function toNodeHandler(http: Koa, options: MountOptions = {}): NodeHandler {
  const enter = createEntrance(options);
  const handle = http.callback();
  return async (request, response, next) => {
    if (!enter(request)) {
      if (next) return next();
      request.originalUrl ??= request.url ?? '';
      request.url = NOTHING;
    }
    await handle(request, response);
  };
}
