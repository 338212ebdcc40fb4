import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isReady } from './readiness.ts';

const CHECK_MS = 200;

/**
 * A balancer in front of the nodes: in turn those that report themselves ready (all of them when none does), over
 * connections that it keeps.
 */
export async function startBalancer(ports: readonly number[]): Promise<{ port: number; close(): Promise<void> }> {
  const agent = new Agent({ keepAlive: true });
  let ready: readonly number[] = ports;
  let turn = 0;
  let isClosed = false;
  // One node's slow answer must not delay what is known of the other, nor an old answer replace a new one.
  const watch = async (port: number) => {
    for (; !isClosed; await sleep(CHECK_MS)) {
      const isUp = await isReady(port);
      ready = ports.filter((known) => (known === port ? isUp : ready.includes(known)));
    }
  };
  for (const port of ports) void watch(port);
  const server = createServer({ keepAliveTimeout: 65_000 }, (incoming, outgoing) => {
    const candidates = ready.length > 0 ? ready : ports;
    turn += 1;
    const first = candidates[turn % candidates.length] as number;
    void forward(incoming, outgoing, { ports: [first, ...ports.filter((port) => port !== first)], agent });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    isClosed = true;
    agent.destroy();
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

interface Route {
  readonly ports: readonly number[];
  readonly agent: Agent;
}

/** Goes on to the next node only where the connection was refused, so that nothing is sent twice (as nginx does). */
async function forward(incoming: IncomingMessage, outgoing: ServerResponse, { ports, agent }: Route): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method, url, headers } = incoming;
  const passed = { ...headers, connection: 'keep-alive' };
  const attempt = ([port, ...others]: readonly number[]) => {
    const sent = request({ host: '127.0.0.1', port, agent, method, path: url, headers: passed }, (answer) => {
      const { connection: _hop, 'keep-alive': _time, ...kept } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, kept);
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (outgoing.headersSent) outgoing.destroy();
      else if (error.code === 'ECONNREFUSED' && others.length > 0) attempt(others);
      else answerBadGateway(outgoing, error);
    });
    sent.end(Buffer.concat(chunks));
  };
  attempt(ports);
}

function answerBadGateway(outgoing: ServerResponse, { code }: NodeJS.ErrnoException): void {
  const body = JSON.stringify({ status: 'error', message: 'Bad gateway', code: `balancer.${code}`, requestId: '-' });
  outgoing.writeHead(502, { 'Content-Type': 'application/json', 'X-Request-Id': '-' }).end(body);
}
