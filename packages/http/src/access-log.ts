import type { Context, Middleware } from 'koa';
import { httpErrors, isDeliberate } from './http-errors.ts';
import type { RequestLine, RequestLogger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { type RequestScope, scopeOf } from './request-scope.ts';

const CLIENT_CLOSED = httpErrors.clientClosed.status;
/** Routes that balancers and monitors ask all day long. */
export const PROBES = new Set(['/livez', '/readyz', '/health', '/metrics']);

/**
 * Writes one line for each request, once its answer is sent or its connection is gone, and counts it. The line has
 * the route's template, never the path, a body, a header or a name.
 */
export const logAccess =
  (log: RequestLogger, metrics: Metrics): Middleware =>
  (ctx, next) => {
    const scope = scopeOf(ctx);
    const started = performance.now();
    const sentBefore = ctx.req.socket?.bytesWritten ?? 0;
    const write = () => {
      const ms = performance.now() - started;
      // Whoever left before the answer began got none, whatever it would have been.
      const status = ctx.res.headersSent ? ctx.status : CLIENT_CLOSED;
      metrics.observe({
        method: ctx.method,
        route: scope.route ?? 'unmatched',
        status,
        code: scope.code,
        seconds: ms / 1000,
      });
      const bytes = (ctx.req.socket?.bytesWritten ?? 0) - sentBefore;
      const line = describe(ctx, scope, { status, ms: Math.round(ms * 10) / 10, bytes });
      const level = levelOf(status, scope);
      if (log.request) log.request(level, line);
      else log[level]('request', line);
    };
    // Of every answer, whether it was sent or its connection broke off.
    ctx.res.once('close', write);
    return next();
  };

const levelOf = (status: number, { route = '', code }: RequestScope) =>
  status >= 500 && !isDeliberate(code) ? 'error' : PROBES.has(route) ? 'debug' : 'info';

type Outcome = Pick<RequestLine, 'status' | 'ms' | 'bytes'>;

function describe(ctx: Context, scope: RequestScope, { status, ms, bytes }: Outcome): RequestLine {
  const { requestId, ip, userId, sessionId, code, route = 'unmatched' } = scope;
  const line: Record<string, unknown> = { requestId, method: ctx.method, route, ip };
  if (userId) {
    line.userId = userId;
    line.sessionId = sessionId;
  }
  if (scope.trace) Object.assign(line, scope.trace);
  if (code) line.code = code;
  if (!ctx.res.writableFinished) line.aborted = true;
  line.status = status;
  line.ms = ms;
  line.bytes = bytes;
  return line as unknown as RequestLine;
}
