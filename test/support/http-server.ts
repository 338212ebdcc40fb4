import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd } from './cleanup.ts';

/** What becomes of one request in place of its answer; `serve` has it answered after all. */
export type Fault = (request: IncomingMessage, response: ServerResponse, serve: () => void) => void;

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** A listening server whose next answers can be made to fail. */
export interface FaultyServer {
  readonly url: string;
  /** Every request since the last call of `forget`, in order. */
  readonly seen: SeenRequest[];
  /** The next requests meet these faults, one each. */
  fail(...faults: Fault[]): void;
  /** The same for requests to one path. */
  failAt(path: string, ...faults: Fault[]): void;
  /** Begins anew: nothing was seen, and no fault is to come. */
  forget(): void;
}

/** Serves `handler` on a free port until the end of the file's tests. */
export async function serveFaulty(handler: RequestListener): Promise<FaultyServer> {
  const seen: SeenRequest[] = [];
  const planned: { readonly path: string; readonly fault: Fault }[] = [];
  const failAt = (path: string, ...faults: Fault[]) => void planned.push(...faults.map((fault) => ({ path, fault })));
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers });
    const serve = () => void handler(request, response);
    const at = planned.findIndex(({ path }) => url.startsWith(path));
    const [next] = at < 0 ? [] : planned.splice(at, 1);
    if (next) next.fault(request, response, serve);
    else serve();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    fail: (...faults) => failAt('/', ...faults),
    failAt,
    forget: () => {
      seen.length = 0;
      planned.length = 0;
    },
  };
}

/** Answers in the server's place, as a proxy would. */
export const answerWith =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = '<h1>Oops</h1>'): Fault =>
  (_request, response) =>
    void response.writeHead(status, { 'Content-Type': 'text/html', ...headers }).end(body);

/** The request is carried out and its answer never arrives. */
export const loseAnswer: Fault = (request, response, serve) => {
  response.end = () => {
    request.socket.destroy();
    return response;
  };
  serve();
};

/** The connection breaks before anything is carried out. */
export const breakConnection: Fault = (request) => void request.socket.destroy();

/** Nothing is answered, ever. */
export const hang: Fault = () => undefined;
