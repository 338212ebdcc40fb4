import type { IncomingMessage } from 'node:http';
import cors from '@koa/cors';
import type { Context, Middleware } from 'koa';
import compress from 'koa-compress';
import helmet from 'koa-helmet';
import { COMPRESS_FROM, type Fields, setField } from './answer.ts';
import { createPeerTrust, type TrustProxy } from './client-address.ts';
import { httpErrors, refuse } from './http-errors.ts';
import { valuesOf } from './raw-headers.ts';
import { scopeOf } from './request-scope.ts';

const MAX_URL = 4096;
const MAX_HEADER_LINES = 64;
const EXPOSED = [
  'X-Request-Id',
  'ETag',
  'Idempotency-Replayed',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'Allow',
];
const ALLOWED = ['Authorization', 'Content-Type', 'X-Request-Id', 'Idempotency-Key', 'If-Match', 'If-None-Match'];
const PREFLIGHT_SECONDS = 600;
const HSTS = 'max-age=15552000; includeSubDomains';
const DEFAULTS = ['Vary', 'Origin, Accept-Encoding', 'Cache-Control', 'no-store'];

export interface SecurityOptions {
  /** Origins whose pages may read answers; `*` for all. Tokens travel in a header, so no cookie is ever at stake. */
  readonly corsOrigins: readonly string[];
  readonly trustProxy: TrustProxy;
}

/** What every answer carries. Answers differ by what `onlyWith` looks for, also those to requests without it. */
export const fixedFields = (): readonly string[] => [
  ...DEFAULTS,
  ...fieldsSetBy(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      strictTransportSecurity: false,
    }),
  ),
];

/** Everything between the wire and the routes that is the same for all of them, in order. */
export const createSecurity = ({ corsOrigins, trustProxy }: SecurityOptions): Middleware[] => [
  setTransportSecurity(trustProxy),
  onlyWith(
    'origin',
    cors({
      origin: (ctx: Context) => chooseOrigin(corsOrigins, ctx.get('Origin')),
      allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowHeaders: ALLOWED,
      exposeHeaders: EXPOSED,
      maxAge: PREFLIGHT_SECONDS,
      // Errors are rendered inside, so there is nothing to keep and nobody's error object is touched.
      keepHeadersOnError: false,
    }),
  ),
  onlyWith('accept-encoding', afterwards(compress({ threshold: COMPRESS_FROM }))),
];

/** Spares a request the middleware that would do nothing but to look for one header. */
const onlyWith =
  (header: string, middleware: Middleware): Middleware =>
  (ctx, next) =>
    ctx.req.headers[header] === undefined ? next() : middleware(ctx, next);

/** Spares answers that are sent already what would only look at them. */
const afterwards =
  (middleware: Middleware): Middleware =>
  async (ctx, next) => {
    await next();
    if (!ctx.headerSent) await middleware(ctx, async () => undefined);
  };

/** What helmet sets is the same on every answer, so it is asked once. */
function fieldsSetBy(middleware: Middleware): Fields {
  const fields: Fields = [];
  const setHeader = (name: string, value: string) => fields.push(name, value);
  void middleware({ req: {}, res: { setHeader, removeHeader: () => undefined } } as never, async () => undefined);
  return fields;
}

/** Checks what a request line and its headers may be at all. */
export const limitRequestHead: Middleware = (ctx, next) => {
  if ((ctx.req.url ?? '').length > MAX_URL) refuse(httpErrors.uriTooLong);
  if (ctx.req.rawHeaders.length / 2 > MAX_HEADER_LINES) refuse(httpErrors.headersTooLarge);
  const hosts = valuesOf(ctx.req, 'host');
  if (hosts.length > 1) refuse(httpErrors.malformedRequest, { errors: ['headers.Host: Given more than once'] });
  if (hosts.length === 0 && ctx.req.httpVersion === '1.1') {
    refuse(httpErrors.malformedRequest, { errors: ['headers.Host: Required'] });
  }
  return next();
};

/** Ends connections with their answers once the server drains: a client that keeps its one keeps the server waiting. */
export const endConnections: Middleware = async (ctx, next) => {
  await next();
  if (!ctx.headerSent && scopeOf(ctx).isLast()) ctx.set('Connection', 'close');
};

function setTransportSecurity(trustProxy: TrustProxy): Middleware {
  const isPeerTrusted = createPeerTrust(trustProxy);
  const isEncrypted = (req: IncomingMessage) =>
    'encrypted' in req.socket || (req.headers['x-forwarded-proto'] === 'https' && isPeerTrusted(req));
  return (ctx, next) => {
    if (isEncrypted(ctx.req)) setField(ctx, 'Strict-Transport-Security', HSTS);
    return next();
  };
}

const chooseOrigin = (allowed: readonly string[], origin: string): string =>
  allowed.includes('*') ? '*' : allowed.includes(origin) ? origin : '';
