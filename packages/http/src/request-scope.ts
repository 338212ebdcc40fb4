import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Middleware, ParameterizedContext } from 'koa';

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
  /** The trace that it belongs to, as log lines name it. */
  trace?: { readonly trace_id: string; readonly span_id: string } | undefined;
  /** What a 401 asks for, where it is not simply a token. */
  challenge?: string;
  /** True once the connection has to end with this answer. */
  readonly isLast: () => boolean;
  /** The header fields of an answer that is not sent by Koa, names and values in turns; undefined where it is. */
  direct?: string[] | undefined;
  /** Where an input field of the matched operation travels: `body`, `query` or `params`. */
  placeOf?: (field: string) => string;
}

const SCOPE = Symbol('taskapp.scope');

type Scoped = { [SCOPE]?: RequestScope };

/** What is known about the request of `ctx`. */
export function scopeOf(ctx: ParameterizedContext): RequestScope {
  const scope = (ctx as Scoped)[SCOPE];
  if (!scope) throw new Error('There is no request scope here: the middleware of the request scope comes first');
  return scope;
}

const ACCEPTED_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** The caller's request id where it is one value in a harmless form, a new one otherwise. */
export function readRequestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && ACCEPTED_ID.test(given) ? given : randomUUID();
}

/** Opens the scope of a request. */
export const openScope =
  (addressOf: (request: IncomingMessage) => string, isLast: () => boolean): Middleware =>
  (ctx, next) => {
    const scope: RequestScope = { requestId: readRequestId(ctx.req), ip: addressOf(ctx.req), isLast };
    (ctx as Scoped)[SCOPE] = scope;
    return next();
  };
