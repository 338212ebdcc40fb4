import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { scopeOf } from './request-scope.ts';

/** Header fields of an answer. */
export type Fields = Record<string, string | number>;

/** What an answer is made from elsewhere: other origins, compression, what the client has already. */
const isPlain = ({ headers }: IncomingMessage): boolean =>
  headers.origin === undefined && headers['accept-encoding'] === undefined && headers['if-none-match'] === undefined;

/**
 * Begins the answer of every request. One that is this app's own to send, and that nothing else has a part in, is kept in
 * the request's scope and written as a whole, which takes a third of what a field by field through Koa's response does.
 *
 * @param isOwn false where this app is mounted in another one, whose middleware may still add to the answer
 * @param fixed what every answer carries
 */
export const beginAnswer =
  (isOwn: (ctx: Context) => boolean, fixed: Readonly<Fields>): Middleware =>
  (ctx, next) => {
    const scope = scopeOf(ctx);
    if (isOwn(ctx) && isPlain(ctx.req) && !ctx.res.hasHeader('Vary')) scope.direct = { ...fixed };
    else setAll(ctx, fixed);
    setField(ctx, 'X-Request-Id', scope.requestId);
    return next();
  };

function setAll(ctx: Context, { Vary, ...fields }: Readonly<Fields>): void {
  for (const name in fields) ctx.res.setHeader(name, fields[name] as string);
  if (ctx.res.hasHeader('Vary')) ctx.vary(`${Vary}`);
  else ctx.res.setHeader('Vary', `${Vary}`);
}

/** Sets a header field of the answer. */
export function setField(ctx: Context, name: string, value: string): void {
  const { direct } = scopeOf(ctx);
  if (direct) direct[name] = value;
  else ctx.set(name, value);
}

/** From here on the answer is sent by Koa, whoever has begun it. */
export function leaveToKoa(ctx: Context): void {
  const scope = scopeOf(ctx);
  const { direct } = scope;
  if (!direct || ctx.headerSent) return;
  scope.direct = undefined;
  for (const name in direct) ctx.res.setHeader(name, direct[name] as string);
}

/** Answers with JSON text, or with nothing. */
export function sendJson(ctx: Context, status: number, json: string | undefined): void {
  const { direct, isLast } = scopeOf(ctx);
  if (direct) {
    if (isLast()) direct.Connection = 'close';
    if (json !== undefined) {
      direct['Content-Type'] = 'application/json; charset=utf-8';
      direct['Content-Length'] = Buffer.byteLength(json);
    }
    ctx.respond = false;
    ctx.res.writeHead(status, direct).end(json);
    return;
  }
  ctx.status = status;
  if (json === undefined) return;
  ctx.type = 'application/json';
  ctx.body = json;
}
