import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

type Pieces = ReadableStreamDefaultReader<Uint8Array>;
type Piece = Awaited<ReturnType<Pieces['read']>>;

const NONE: Piece = { done: true, value: undefined };

/**
 * The request as Node's own server would hand it over; its body is read from the other one as it is asked for.
 * Rejects with a TypeError where somebody has read the body before.
 */
export async function toIncomingMessage(request: Request, line: Socket): Promise<IncomingMessage> {
  if (request.bodyUsed) {
    throw new TypeError('The body of the request was read before it came here: hand on `request.clone()`, made before');
  }
  const { pathname, search, host } = new URL(request.url);
  const pieces = request.body?.getReader();
  const saysLength = request.headers.has('content-length') || request.headers.has('transfer-encoding');
  // Some hosts give every request a body, which then turns out to be empty.
  const first = pieces && !saysLength ? await pieces.read() : undefined;
  const headers = { host, ...(first?.value && { 'transfer-encoding': 'chunked' }), ...readHeaders(request) };
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
  const readPiece = createPieceReader(pieces, first);
  return Object.assign(createBody(readPiece, line), head) as unknown as IncomingMessage;
}

const readHeaders = ({ headers }: Request): Record<string, string> => Object.fromEntries(headers);

function createPieceReader(pieces: Pieces | undefined, first: Piece | undefined): () => Promise<Piece> {
  let ahead = pieces ? first : NONE;
  return async () => {
    const piece = ahead ?? (await pieces?.read()) ?? NONE;
    ahead = piece.done ? piece : undefined;
    return piece;
  };
}

type Body = Readable & { complete?: boolean };

function createBody(readPiece: () => Promise<Piece>, line: Socket): Body {
  const body: Body = new Readable({
    read: () => {
      readPiece().then(
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
