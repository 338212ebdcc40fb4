import type { IncomingMessage } from 'node:http';

/** Where a host serves the app. */
export interface MountOptions {
  /** The path that requests to the app begin with, `/my-api`, where the host leaves it in the URL; none by default. */
  readonly basePath?: string;
}

/** A request as a host hands it on. */
export interface HostRequest extends IncomingMessage {
  /** The URL as it was sent, where the host has shortened it. */
  originalUrl?: string;
  /** What Express has taken off. */
  readonly baseUrl?: string;
}

const PATH = /^(?:\/[\w.~!$&',;=@%+-]+)+$/;
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/** @throws TypeError where no request could begin with it */
function readBasePath(given: string): string {
  const path = given.replace(/\/$/, '');
  if (path === '' || PATH.test(path)) return path;
  throw new TypeError(`\`basePath\` must be a path like /my-api, not "${given}"`);
}

/**
 * Makes a function that takes the base path off the URL of a request, the way Express does: what was sent is kept in
 * `originalUrl`, for the host's own log. False for a request that is for somebody else; it is left as it is.
 *
 * @throws TypeError for a base path that is none
 */
export function createEntrance({ basePath: given = '' }: MountOptions): (request: HostRequest) => boolean {
  const basePath = readBasePath(given);
  if (basePath === '') return () => true;
  return (request) => {
    if (request.baseUrl?.endsWith(basePath)) return true;
    const url = request.url ?? '';
    const target = url.replace(ORIGIN, '');
    const rest = target.slice(basePath.length);
    if (!target.startsWith(basePath) || !/^(?:$|[/?])/.test(rest)) return false;
    request.originalUrl ??= url;
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
    return true;
  };
}
