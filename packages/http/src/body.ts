import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import type { Context } from 'koa';
import getRawBody from 'raw-body';
import { coreError, httpErrors, refuse } from './http-errors.ts';
import { parseObject } from './json.ts';

const INFLATE: ReadonlyMap<string, () => NodeJS.ReadWriteStream & Readable> = new Map([
  ['gzip', createUnzip],
  ['deflate', createUnzip],
  ['br', createBrotliDecompress],
]);
const UTF_8 = /^utf-?8$/i;

/** How much a body may hold. */
export interface BodyLimits {
  /** Bytes at most, counted after decompression. */
  readonly bytes: number;
  /** Members of its objects and arrays at most, all together. */
  readonly members?: number;
}

/**
 * Reads the JSON object that a request carries; `{}` where it carries nothing. A body that the host has parsed before
 * is taken from `ctx.request.body` or `req.body` and checked alike.
 *
 * @throws 400, 413, 415 as `refuse` throws them, and 499 when the client goes away meanwhile
 */
export async function readBody(ctx: Context, limits: BodyLimits): Promise<Record<string, unknown>> {
  const parsedByHost = findParsedBody(ctx);
  if (parsedByHost === undefined && !carriesBody(ctx.req)) return {};
  if (carriesBody(ctx.req)) checkMediaType(ctx);
  const bytes =
    parsedByHost === undefined ? await readBytes(ctx.req, limits.bytes) : toBytes(parsedByHost, limits.bytes);
  return bytes.length === 0 ? {} : parse(decode(bytes), limits);
}

function findParsedBody({ request, req }: Context): unknown {
  const { body = (req as { body?: unknown }).body, rawBody } = request as { body?: unknown; rawBody?: unknown };
  // The text is better than what was made of it: repeated keys can still be seen.
  if (typeof rawBody === 'string') return rawBody;
  // Some parsers leave an empty object for bodies that they do not touch.
  const isUntouched = carriesBody(req) && !req.readableDidRead && isEmpty(body);
  return isUntouched ? undefined : body;
}

const isEmpty = (body: unknown): boolean => typeof body === 'object' && body !== null && Object.keys(body).length === 0;

const carriesBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function checkMediaType(ctx: Context): void {
  const { charset } = ctx.request;
  if (ctx.is('application/json') && (charset === '' || UTF_8.test(charset))) return;
  refuse(httpErrors.unsupportedMediaType, {
    errors: ['body: Send application/json in UTF-8'],
    headers: { Accept: 'application/json' },
  });
}

async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const inflate = INFLATE.get(encoding);
  if (!inflate && encoding !== 'identity') {
    refuse(httpErrors.unsupportedMediaType, {
      errors: ['body: Send it plain or encoded as gzip, deflate or br'],
      headers: { 'Accept-Encoding': 'gzip, deflate, br' },
    });
  }
  const length = inflate ? null : (request.headers['content-length'] ?? null);
  try {
    return await getRawBody(inflate ? inflateInto(request, inflate()) : request, { limit, length });
  } catch (error) {
    return explain(request, error);
  }
}

function inflateInto(request: IncomingMessage, target: NodeJS.ReadWriteStream & Readable): Readable {
  // `pipe` does not pass on that its source broke off: without this the reader would wait for ever.
  request.once('close', () => {
    if (!request.complete) target.destroy(new Error('The request was aborted'));
  });
  return request.pipe(target);
}

function explain(request: IncomingMessage, cause: unknown): never {
  const { type } = cause as { type?: string };
  if (type === 'entity.too.large') refuse(httpErrors.bodyTooLarge);
  if (request.destroyed && !request.complete) refuse(httpErrors.clientClosed, { cause });
  return refuse(httpErrors.malformedRequest, { errors: ['body: Cannot be decoded'], cause });
}

function toBytes(parsed: unknown, limit: number): Buffer {
  const bytes = Buffer.isBuffer(parsed) ? parsed : Buffer.from(typeof parsed === 'string' ? parsed : toJson(parsed));
  return bytes.length > limit ? refuse(httpErrors.bodyTooLarge) : bytes;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch (cause) {
    return refuse(httpErrors.malformedJson, { cause });
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    return refuse(httpErrors.malformedJson, { errors: ['body: Must be UTF-8'], cause });
  }
}

function parse(text: string, limits: BodyLimits): Record<string, unknown> {
  const parsed = parseJson(text, limits);
  return 'value' in parsed ? parsed.value : refuse(coreError('input.invalid'), { errors: parsed.problems });
}

function parseJson(text: string, { members }: BodyLimits) {
  try {
    return parseObject(text, members);
  } catch (cause) {
    return refuse(httpErrors.malformedJson, { cause });
  }
}
