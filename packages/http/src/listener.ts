import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, Server as SocketServer } from 'node:net';
import { trackConnections } from './connections.ts';
import { startError } from './start-errors.ts';

/** A listening HTTP server. */
export interface Listener {
  readonly port: number;
  /** Stops accepting, and nothing else: connections that are open stay, idle ones as well. */
  refuse(): void;
  /** Stops accepting; requests in progress have `graceMs` to end, then their connections are cut. */
  close(graceMs: number): Promise<void>;
}

/** Shorter than anybody's patience, longer than the idle time of balancers (60 s), which would else see resets. */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1000,
  // Node would answer a missing Host by itself, without the error body; `limitRequestHead` does it with one.
  requireHostHeader: false,
};
const MAX_REQUESTS_PER_SOCKET = 1000;
const MAX_CONNECTIONS = 2000;
const SWEEP_MS = 250;

/** Listens; @throws server.port_in_use */
export async function listen(handler: RequestListener, address: { host: string; port: number }): Promise<Listener> {
  const server = createServer(LIMITS, handler);
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
  limitConnections(server);
  // Nobody has to meet an expectation that they do not know (RFC 9110, 10.1.1); Node would answer 417 by itself.
  server.on('checkExpectation', handler);
  const connections = trackConnections(server);
  server.listen(address);
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause;
    throw startError('server.port_in_use', `Port ${address.port} is in use; set PORT to another one`, cause);
  });
  return {
    port: (server.address() as AddressInfo).port,
    refuse: () => void SocketServer.prototype.close.call(server),
    close: (graceMs) => closeServer(server, connections.closeIdle, graceMs),
  };
}

/** In a cluster, `maxConnections` hands what is too many to the next process, over and over; here it is cut. */
function limitConnections(server: Server): void {
  if (!cluster.isWorker) {
    server.maxConnections = MAX_CONNECTIONS;
    return;
  }
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open > MAX_CONNECTIONS) socket.destroy();
  });
}

async function closeServer(server: Server, closeIdle: () => void, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const sweep = setInterval(closeIdle, SWEEP_MS);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
