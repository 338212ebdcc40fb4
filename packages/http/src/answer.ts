import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { scopeOf } from './request-scope.ts';

/** Header fields of an answer: names and values in turns, the shape that Node writes fastest. */
export type Fields = string[];

const JSON_TYPE = 'application/json; charset=utf-8';

/** Bytes of an answer that is worth compressing. */
export const COMPRESS_FROM = 1024;

/** True where an answer depends neither on the page that asks nor on what the client has already. */
const isPlain = ({ headers }: IncomingMessage): boolean =>
  headers.origin === undefined && headers['if-none-match'] === undefined;

/** A character has up to three bytes. */
const mayBeCompressed = ({ req, compress }: Context, json: string): boolean =>
  compress !== false && json.length * 3 >= COMPRESS_FROM && req.headers['accept-encoding'] !== undefined;

/**
 * Begins the answer of every request. One that is this app's own to send, and that nothing else has a part in, is kept in
 * the request's scope and written as a whole, which takes a third of what a field by field through Koa's response does.
 *
 * @param isOwn false where this app is mounted in another one, whose middleware may still add to the answer
 * @param fixed what every answer carries
 */
export const beginAnswer =
  (isOwn: (ctx: Context) => boolean, fixed: readonly string[]): Middleware =>
  (ctx, next) => {
    const scope = scopeOf(ctx);
    if (isOwn(ctx) && isPlain(ctx.req) && !ctx.res.hasHeader('Vary')) scope.direct = [...fixed];
    else setAll(ctx, fixed);
    setField(ctx, 'X-Request-Id', scope.requestId);
    return next();
  };

function setAll(ctx: Context, fields: readonly string[]): void {
  for (let at = 0; at < fields.length; at += 2) {
    const [name, value] = [fields[at] as string, fields[at + 1] as string];
    // A host may have set its own already.
    if (name === 'Vary') ctx.vary(value);
    else ctx.res.setHeader(name, value);
  }
}

/** Sets a header field of the answer. */
export function setField(ctx: Context, name: string, value: string): void {
  const { direct } = scopeOf(ctx);
  const at = direct?.indexOf(name) ?? -1;
  if (!direct) ctx.set(name, value);
  else if (at < 0) direct.push(name, value);
  else direct[at + 1] = value;
}

/** From here on the answer is sent by Koa, whoever has begun it. */
export function leaveToKoa(ctx: Context): void {
  const scope = scopeOf(ctx);
  const { direct } = scope;
  if (!direct || ctx.headerSent) return;
  scope.direct = undefined;
  setAll(ctx, direct);
}

/** Answers with JSON text, or with nothing. */
export function sendJson(ctx: Context, status: number, json: string | undefined): void {
  if (json !== undefined && mayBeCompressed(ctx, json)) leaveToKoa(ctx);
  const { direct, isLast } = scopeOf(ctx);
  if (direct) {
    if (isLast()) direct.push('Connection', 'close');
    if (json !== undefined) direct.push('Content-Type', JSON_TYPE, 'Content-Length', `${Buffer.byteLength(json)}`);
    ctx.respond = false;
    ctx.res.writeHead(status, direct).end(json);
    return;
  }
  ctx.status = status;
  if (json === undefined) return;
  ctx.type = 'application/json';
  ctx.body = json;
}
