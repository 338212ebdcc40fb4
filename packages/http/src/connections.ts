import { randomUUID } from 'node:crypto';
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { envelope, httpErrors } from './http-errors.ts';

/** The connections of a server, and which of them are in the middle of something. */
export interface Connections {
  /** Ends the connections that carry no request, also those that have never carried one. */
  closeIdle(): void;
}

/** Watches the connections of a server, and answers what cannot be parsed as a request in the one error shape. */
export function trackConnections(server: Server): Connections {
  const sockets = new Set<Socket>();
  const answers = new Map<Duplex, ServerResponse>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', ({ socket }, answer) => {
    answers.set(socket, answer);
    answer.once('close', () => {
      if (answers.get(socket) === answer) answers.delete(socket);
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // In the middle of an answer there is no place for another one.
    if (!socket.writable || answers.get(socket)?.headersSent) socket.destroy();
    else socket.end(toRawAnswer(error.code), () => socket.destroy());
  });
  return {
    closeIdle: () => {
      for (const socket of sockets) if (!answers.has(socket)) socket.destroy();
    },
  };
}

function toRawAnswer(code: string | undefined): string {
  const spec =
    code === 'HPE_HEADER_OVERFLOW'
      ? httpErrors.headersTooLarge
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? httpErrors.requestTimeout
        : httpErrors.malformedRequest;
  const requestId = randomUUID();
  const body = JSON.stringify(envelope(spec, requestId));
  const head = [
    `HTTP/1.1 ${spec.status} ${STATUS_CODES[spec.status]}`,
    'Connection: close',
    'Cache-Control: no-store',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
