import { recordFailure, type TraceSpan, type Tracing, traceIdsOf } from '@taskapp/core';
import type { Context, Middleware } from 'koa';
import { PROBES } from './access-log.ts';
import { httpErrors } from './http-errors.ts';
import { type RequestScope, scopeOf } from './request-scope.ts';

/** `SpanKind.SERVER`. */
const SERVER = 1;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Makes a span of each request, as OpenTelemetry's conventions for HTTP servers have it, in the trace that the caller
 * names in `traceparent`. Where a span is active already, the server around has made it, and it stays the only one.
 * What balancers and monitors ask is not traced.
 */
export function traceRequests({ trace, context, propagation }: Tracing): Middleware {
  const tracer = trace.getTracer('@taskapp/http');
  return (ctx, next) => {
    const scope = scopeOf(ctx);
    const around = trace.getActiveSpan();
    if (around || PROBES.has(ctx.path)) {
      scope.trace = traceIdsOf(around);
      return next();
    }
    const parent = propagation.extract(context.active(), ctx.headers);
    const start = { kind: SERVER, attributes: describe(ctx, scope) };
    return tracer.startActiveSpan(methodOf(ctx), start, parent, (span) => {
      scope.trace = traceIdsOf(span);
      ctx.res.once('close', () => end(span, ctx, scope));
      return next();
    });
  };
}

const methodOf = ({ method }: Context): string => (METHODS.has(method) ? method : 'HTTP');

/** Without the query: it holds what people search for. */
const describe = (ctx: Context, { ip, requestId }: RequestScope) => ({
  'http.request.method': METHODS.has(ctx.method) ? ctx.method : '_OTHER',
  'url.path': ctx.path,
  'url.scheme': ctx.protocol,
  'network.protocol.version': ctx.req.httpVersion,
  'client.address': ip,
  'taskapp.request_id': requestId,
});

function end(span: TraceSpan, ctx: Context, { route, code }: RequestScope): void {
  if (route) {
    span.updateName(`${methodOf(ctx)} ${route}`);
    span.setAttribute('http.route', route);
  }
  const status = ctx.res.headersSent ? ctx.status : httpErrors.clientClosed.status;
  span.setAttribute('http.response.status_code', status);
  if (code) span.setAttribute('error.type', code);
  if (status >= 500) recordFailure(span, { name: 'Error' }, code ?? `${status}`);
  span.end();
}
