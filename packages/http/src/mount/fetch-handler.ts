import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type Koa from 'koa';
import { createAnswerLine, toResponse } from './answer-line.ts';
import type { MountOptions } from './base-path.ts';
import { toIncomingMessage } from './fetch-request.ts';
import { toNodeHandler } from './node-handler.ts';

export interface FetchMountOptions<Context extends readonly unknown[] = readonly unknown[]> extends MountOptions {
  /**
   * The address of the connection that a request came over, which a `Request` does not tell; it is asked what the
   * handler was called with. Without it, and without `trustProxy`, all clients without a token share one rate limit.
   */
  readonly clientAddress?: (request: Request, ...context: Context) => string | undefined;
}

/** Answers a `Request`. What else the host calls it with is for `clientAddress` alone. */
export type FetchHandler<Context extends readonly unknown[] = readonly unknown[]> = (
  request: Request,
  ...context: Context
) => Promise<Response>;

/**
 * Serves the app to hosts that hand out a `Request` and want a `Response`: Hono, Next, Bun, Deno. Bodies are streamed
 * in both directions. Rejects when the client went away before there was an answer.
 *
 * @throws TypeError for a base path that is none
 */
export function toFetchHandler<Context extends readonly unknown[] = readonly unknown[]>(
  http: Koa,
  { clientAddress, ...options }: FetchMountOptions<Context> = {},
): FetchHandler<Context> {
  const handle = toNodeHandler(http, options);
  return async (request, ...context) => {
    const { signal, method, url } = request;
    signal.throwIfAborted();
    const peer = { remoteAddress: clientAddress?.(request, ...context), isEncrypted: url.startsWith('https:') };
    const line = createAnswerLine(peer);
    const abort = () => line.destroy(signal.reason);
    signal.addEventListener('abort', abort);
    line.once('close', () => signal.removeEventListener('abort', abort));
    const head = untilHead(line);
    const serve = async () => {
      const incoming = await toIncomingMessage(request, line);
      await handle(incoming, createAnswer(incoming, line));
    };
    serve().catch((error: Error) => line.destroy(error));
    return toResponse(await head, line, method);
  };
}

/** The head of the answer; rejects where its connection ends before. */
function untilHead(line: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    line.once('head', resolve).on('error', reject);
    line.once('close', () => reject(new DOMException('There is nobody left to answer', 'AbortError')));
  });
}

/** An answer that sends the bytes of its body as they are, and closes the way one does that was on a wire. */
function createAnswer(incoming: IncomingMessage, line: Socket): ServerResponse {
  const answer = new ServerResponse(incoming);
  answer.useChunkedEncodingByDefault = false;
  answer.shouldKeepAlive = false;
  answer.sendDate = false;
  answer.assignSocket(line);
  line.on('drain', () => answer.emit('drain'));
  answer.once('finish', () => {
    answer.detachSocket(line);
    line.end();
    process.nextTick(() => answer.emit('close'));
  });
  return answer;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** What a route file of Next exports: a handler for each method. */
export type NextHandlers = Readonly<Record<(typeof METHODS)[number], FetchHandler>>;

/**
 * The handlers for `app/<base path>/[...path]/route.ts` of a Next app.
 *
 * @throws TypeError for a base path that is none
 */
export function toNextHandlers(http: Koa, options: FetchMountOptions = {}): NextHandlers {
  const handler = toFetchHandler(http, options);
  return Object.fromEntries(METHODS.map((method) => [method, handler])) as NextHandlers;
}
