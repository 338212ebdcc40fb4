import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Readable, Transform, type TransformCallback } from 'node:stream';

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
 * Stands where an answer has its socket: takes the bytes that Node would send, tells their head as soon as it is
 * whole, and hands on the body piece by piece, no faster than it is read.
 */
export function createAnswerLine({ remoteAddress, isEncrypted }: Peer, tellHead: (head: string) => void): Socket {
  let head: Buffer | undefined = Buffer.alloc(0);
  const facts = { remoteAddress, bytesWritten: 0, ...(isEncrypted && { encrypted: true }) };
  const transform = (chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) => {
    facts.bytesWritten += chunk.length;
    if (!head) return done(null, chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(END_OF_HEAD);
    if (end < 0) return done();
    const body = head.subarray(end + END_OF_HEAD.length);
    tellHead(head.toString('latin1', 0, end));
    head = undefined;
    done(null, body);
  };
  return Object.assign(new Transform({ transform }), facts) as unknown as Socket;
}

/** The answer whose head was told; its body is what `line` hands on. */
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
