import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

/**
 * The request as Node's own server would hand it over; its body is read from the other one as it is asked for.
 *
 * @throws TypeError where somebody has read the body before
 */
export function toIncomingMessage(request: Request, line: Socket): IncomingMessage {
  if (request.bodyUsed) {
    throw new TypeError('The body of the request was read before it came here: hand on `request.clone()`, made before');
  }
  const { pathname, search, host } = new URL(request.url);
  const headers = readHeaders(request, host);
  const head = {
    method: request.method,
    url: pathname + search,
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    headers,
    headersDistinct: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    rawHeaders: Object.entries(headers).flat(),
    complete: false,
    socket: line,
  };
  return Object.assign(createBody(request.body, line), head) as unknown as IncomingMessage;
}

function readHeaders({ headers, body }: Request, host: string): Record<string, string> {
  // A request that was never on a wire need not say where it goes, nor that it carries something.
  const hasLength = headers.has('content-length') || headers.has('transfer-encoding');
  return { host, ...(body && !hasLength && { 'transfer-encoding': 'chunked' }), ...Object.fromEntries(headers) };
}

type Body = Readable & { complete?: boolean };

function createBody(source: ReadableStream<Uint8Array> | null, line: Socket): Body {
  const reader = source?.getReader();
  const body: Body = new Readable({
    read: () => {
      const piece = reader?.read() ?? Promise.resolve({ done: true as const, value: undefined });
      piece.then(
        ({ done, value }) => {
          body.complete = done;
          body.push(done ? null : value);
        },
        (error: Error) => body.destroy(error),
      );
    },
    // A body that breaks off takes its connection along; that is told by `aborted`, as Node does, and not by an error.
    destroy: (error, done) => {
      if (!body.complete) {
        body.emit('aborted');
        line.destroy(error ?? undefined);
      }
      done(null);
    },
  });
  return body;
}
