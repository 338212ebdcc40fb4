import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isReady } from './node.ts';

const CHECK_MS = 200;

/** A balancer in front of the nodes: in turn, only those that report themselves ready, over connections that it keeps. */
export async function startBalancer(ports: readonly number[]): Promise<{ port: number; close(): Promise<void> }> {
  const agent = new Agent({ keepAlive: true });
  let ready: readonly number[] = ports;
  let turn = 0;
  const check = async () => {
    const found = await Promise.all(ports.map(isReady));
    ready = ports.filter((_, index) => found[index]);
  };
  const timer = setInterval(() => void check(), CHECK_MS);
  const server = createServer({ keepAliveTimeout: 65_000 }, (incoming, outgoing) => {
    turn += 1;
    const port = ready[turn % Math.max(1, ready.length)];
    if (port === undefined) outgoing.writeHead(502).end();
    else forward(incoming, outgoing, { port, agent });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    clearInterval(timer);
    agent.destroy();
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** Never sends a request twice: what a node breaks off is the client's 502. */
function forward(incoming: IncomingMessage, outgoing: ServerResponse, to: { port: number; agent: Agent }): void {
  const { method, url, headers } = incoming;
  const passed = { ...headers, connection: 'keep-alive' };
  const sent = request({ host: '127.0.0.1', ...to, method, path: url, headers: passed }, (answer) => {
    const { connection: _hop, 'keep-alive': _time, ...kept } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, kept);
    answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  });
  sent.on('error', (error: NodeJS.ErrnoException) => {
    if (outgoing.headersSent) return void outgoing.destroy();
    const body = JSON.stringify({
      status: 'error',
      message: 'Bad gateway',
      code: `balancer.${error.code}`,
      requestId: '-',
    });
    outgoing.writeHead(502, { 'Content-Type': 'application/json', 'X-Request-Id': '-' }).end(body);
  });
  incoming.pipe(sent);
}
