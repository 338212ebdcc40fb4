import { randomUUID } from 'node:crypto';
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { envelope } from './error-bodies.ts';
import { type HttpErrorSpec, httpErrors } from './http-errors.ts';

/** The connections of a server, and which of them are in the middle of something. */
export interface Connections {
  /** Ends the connections that carry no request, also those that have never carried one. */
  closeIdle(): void;
}

/** Longer than any request takes; whoever reads an answer more slowly holds it in the memory of the server. */
const ANSWER_LIMIT_MS = 60_000;
const LOOK_MS = 1000;

/** A request that is being answered. */
interface Progress {
  readonly answer: ServerResponse;
  /** When it began, by `performance.now()`. */
  readonly since: number;
}

/**
 * Watches the connections of a server, answers what cannot be parsed as a request in the one error shape, and cuts
 * connections that have not taken their answer `answerLimitMs` after its request began.
 */
export function trackConnections(server: Server, answerLimitMs = ANSWER_LIMIT_MS): Connections {
  const sockets = new Set<Socket>();
  /** The last request of each connection, which is looked at when somebody asks: a listener would cost every answer. */
  const requests = new Map<Duplex, Progress>();
  const findProgress = (socket: Duplex) => {
    const last = requests.get(socket);
    return last?.answer.closed ? undefined : last;
  };
  cutLate(server, requests, answerLimitMs);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      requests.delete(socket);
    });
  });
  server.on('request', ({ socket }, answer) => void requests.set(socket, { answer, since: performance.now() }));
  // Node closes such connections without a word: this is no proxy.
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    answerRaw(socket, httpErrors.methodNotAllowed);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // In the middle of an answer there is no place for another one.
    if (!socket.writable || findProgress(socket)?.answer.headersSent) socket.destroy();
    else answerRaw(socket, specOf(error.code));
  });
  return {
    closeIdle: () => {
      for (const socket of sockets) if (!findProgress(socket)) socket.destroy();
    },
  };
}

/** Looks at the requests in progress now and then: a timer of its own would cost every request. */
function cutLate(server: Server, requests: ReadonlyMap<Duplex, Progress>, limitMs: number): void {
  const cut = () => {
    const oldest = performance.now() - limitMs;
    for (const [socket, { since, answer }] of requests) if (since < oldest && !answer.closed) socket.destroy();
  };
  const timer = setInterval(cut, Math.min(LOOK_MS, limitMs)).unref();
  server.once('close', () => clearInterval(timer));
}

function specOf(code: string | undefined): HttpErrorSpec {
  if (code === 'HPE_HEADER_OVERFLOW') return httpErrors.headersTooLarge;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? httpErrors.requestTimeout : httpErrors.malformedRequest;
}

function answerRaw(socket: Duplex, spec: HttpErrorSpec): void {
  const requestId = randomUUID();
  const body = JSON.stringify(envelope(spec, requestId));
  const head = [
    `HTTP/1.1 ${spec.status} ${STATUS_CODES[spec.status]}`,
    'Connection: close',
    'Cache-Control: no-store',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    ...(spec.status === 405 ? ['Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'] : []),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
