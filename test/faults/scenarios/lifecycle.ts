import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { register, type Session } from '../client/session.ts';
import { startBalancer } from '../cluster/balancer.ts';
import type { ApiNode } from '../cluster/node.ts';
import { describe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import { underLoad } from '../under-load.ts';

const SECOND_SIGNAL_MS = 1000;

const rollingRestart: Scenario = {
  id: 'F-11',
  title: 'nodes restarted in turn behind a balancer',
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    const balancer = await startBalancer(cluster.nodes.map(({ port }) => port));
    const tally = await underLoad(
      world,
      async () => {
        for (let restarts = pick(2, 20); restarts > 0; restarts -= 1) {
          await sleep(pick(200, 1000));
          const node = cluster.nodes[restarts % 2] as ApiNode;
          const code = await node.end('SIGTERM');
          expect(code === 0, `a node that was asked to stop ended with ${code}`);
          await node.start();
          row.injections += 1;
          // The balancer finds it before the other one goes.
          await sleep(500);
        }
      },
      { ports: () => [balancer.port] },
    );
    await balancer.close();
    expect(tally.failed.size === 0, `requests failed: ${describe(Object.fromEntries(tally.failed))}`);
  },
};

/** Sends a request whose body takes a while; resolves with the answer. */
async function sendSlowly({ port }: ApiNode, { accessToken }: Session, ms: number): Promise<string> {
  const body = JSON.stringify({ title: 'slow' });
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  // A node that cuts the connection does so before the rest is sent.
  const closed = once(socket, 'close');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString();
  });
  socket.write(
    `POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${accessToken}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
  );
  await sleep(ms);
  socket.write(body.slice(5));
  await closed;
  return answer;
}

const gracefulStop: Scenario = {
  id: 'F-12',
  title: 'SIGTERM with a request in progress; a second SIGTERM',
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    const [node] = cluster.nodes;
    const session = await register(node.port, cluster.canary);
    const slow = sendSlowly(node, session, pick(2000, 15_000));
    await sleep(200);
    const stopped = node.end('SIGTERM');
    row.injections += 1;
    const answer = await slow;
    expect(answer.startsWith('HTTP/1.1 201'), `the request in progress was answered ${answer.slice(0, 40)}`);
    expect(/\r\nconnection: close\r\n/i.test(answer), 'the last answer does not close the connection');
    const code = await stopped;
    expect(code === 0, `the node ended with ${code}`);
    await node.start();

    void sendSlowly(node, session, 3000).catch(() => undefined);
    await sleep(200);
    const first = node.end('SIGTERM');
    await sleep(300);
    const started = performance.now();
    process.kill(node.pid, 'SIGTERM');
    const second = await first;
    row.injections += 1;
    const ms = Math.round(performance.now() - started);
    expect(second === 1 && ms <= SECOND_SIGNAL_MS, `the second SIGTERM: exit ${second} after ${ms} ms`);
    await node.start();
  },
};

export const lifecycle: readonly Scenario[] = [rollingRestart, gracefulStop];
