import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Readable, Transform } from 'node:stream';

/** What the other end of a connection is known by. */
export interface Peer {
  readonly remoteAddress: string | undefined;
  readonly isEncrypted: boolean;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');
/** What concerns a connection, and not the answer. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);
/** Answers that a `Response` may not give a body to, not even an empty one. */
const WITHOUT_BODY = new Set([204, 205, 304]);

/**
 * Stands where an answer has its socket: takes the bytes that Node would send, emits their head as `head` as soon as
 * it is whole, and hands on the body piece by piece, no faster than it is read.
 */
export function createAnswerLine({ remoteAddress, isEncrypted }: Peer): Socket {
  let head: Buffer | undefined = Buffer.alloc(0);
  /** What of a piece belongs to the body. */
  const strip = (piece: Buffer): Buffer => {
    if (!head) return piece;
    head = Buffer.concat([head, piece]);
    const end = head.indexOf(END_OF_HEAD);
    if (end < 0) return Buffer.alloc(0);
    const body = head.subarray(end + END_OF_HEAD.length);
    line.emit('head', head.toString('latin1', 0, end));
    head = undefined;
    return body;
  };
  const stream = new Transform({
    transform: (piece: Buffer, _encoding, done) => {
      line.bytesWritten += piece.length;
      done(null, strip(piece));
    },
  });
  const line = Object.assign(stream, { remoteAddress, bytesWritten: 0 }, isEncrypted && { encrypted: true });
  return line as unknown as Socket;
}

/** The answer whose head was emitted; its body is what `line` hands on. */
export function toResponse(head: string, line: Socket, method: string): Response {
  const [start = '', ...fields] = head.split('\r\n');
  const status = Number(start.split(' ')[1]);
  const headers = new Headers();
  for (const field of fields) {
    const [name = ''] = field.split(':', 1);
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.append(name, field.slice(name.length + 1).trim());
  }
  const init = { status, statusText: STATUS_CODES[status] ?? '', headers };
  if (method !== 'HEAD' && !WITHOUT_BODY.has(status)) return new Response(toWeb(line), init);
  // Nobody will read it, and what is not read never ends.
  line.resume();
  return new Response(null, init);
}

/** Node's own type of the same stream differs from the global one. */
const toWeb = (line: Socket) => Readable.toWeb(line) as unknown as ReadableStream<Uint8Array<ArrayBuffer>>;
