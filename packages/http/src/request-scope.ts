import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';

/** What is known about the request in progress; filled in on the way, read by its log line. */
export interface RequestScope {
  readonly requestId: string;
  /** The client's address, proxies seen through. */
  readonly ip: string;
  /** The template of the matched route, `/api/things/:id`; undefined as long as none has matched. */
  route?: string;
  /** The bearer of a genuine token. */
  userId?: string;
  /** Their login. */
  sessionId?: string;
  /** The code of the error that it is answered with. */
  code?: string;
  /** What a 401 asks for, where it is not simply a token. */
  challenge?: string;
  /** Where an input field of the matched operation travels: `body`, `query` or `params`. */
  placeOf?: (field: string) => string;
}

// Nothing is kept here between requests: the store follows one request's asynchronous calls and ends with them.
const scopes = new AsyncLocalStorage<RequestScope>();

/** The id of the request that is being answered, for log lines of a host; undefined outside of requests. */
export const currentRequestId = (): string | undefined => scopes.getStore()?.requestId;

/** The request that is being answered. */
export function currentScope(): RequestScope {
  const scope = scopes.getStore();
  if (!scope) throw new Error('There is no request scope here: the middleware of the request scope comes first');
  return scope;
}

const ACCEPTED_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** The caller's request id where it is one value in a harmless form, a new one otherwise. */
export function readRequestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && ACCEPTED_ID.test(given) ? given : randomUUID();
}

/** Opens the scope of a request and returns its id on the answer, whatever the answer will be. */
export const openScope =
  (addressOf: (request: IncomingMessage) => string): Middleware =>
  (ctx, next) => {
    const scope: RequestScope = { requestId: readRequestId(ctx.req), ip: addressOf(ctx.req) };
    ctx.set('X-Request-Id', scope.requestId);
    return scopes.run(scope, next);
  };
