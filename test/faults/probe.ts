import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, send } from './client/http.ts';
import { register, type Session } from './client/session.ts';
import type { World } from './scenario.ts';

/** A user that asks how things are. */
export interface Probe {
  readonly session: Session;
  /** Reads the probe's tasks, past every cache. */
  ask(port: number, timeoutMs?: number): Promise<Answer>;
  /** Waits until every node answers; adds the time since the call to the row's recoveries. */
  recover(withinMs: number): Promise<number>;
}

/** Registers a probe. */
export async function createProbe({ cluster, row, expect }: World): Promise<Probe> {
  const session = await register(cluster.nodes[0].port, cluster.canary);
  const ask = (port: number, timeoutMs = 15_000) =>
    send({
      port,
      method: 'GET',
      path: `/api/tasks?limit=1&dueAfter=${new Date().toISOString()}`,
      token: session.accessToken,
      timeoutMs,
    });
  const recover = async (withinMs: number) => {
    const started = performance.now();
    for (const { port } of cluster.nodes) {
      while (!(await isAnswered(ask(port)))) {
        if (performance.now() - started > withinMs * 6) break;
        await sleep(20);
      }
    }
    const ms = Math.round(performance.now() - started);
    row.longestRecoveryMs = Math.max(row.longestRecoveryMs, ms);
    expect(ms <= withinMs, `took ${ms} ms to recover, not ${withinMs}`);
    return ms;
  };
  return { session, ask, recover };
}

const isAnswered = (answer: Promise<Answer>) =>
  answer.then(
    ({ status }) => status === 200,
    () => false,
  );

/** How often each value occurs: `201: 1, 409: 49`. */
export function tallyOf(values: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** How often each status occurs. */
export const statusesOf = (answers: readonly Answer[]): Record<string, number> =>
  tallyOf(answers.map(({ status }) => status));

export const describe = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([value, count]) => `${count} × ${value}`)
    .join(', ');

/** Sends `count` requests at once, the nodes taking turns; a broken connection counts as status 0. */
export async function race(
  { cluster }: World,
  count: number,
  request: (port: number, index: number) => Promise<Answer>,
): Promise<Answer[]> {
  const broken: Answer = { status: 0, headers: {}, body: undefined };
  const ports = cluster.nodes.map(({ port }) => port);
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      request(ports[index % ports.length] as number, index).catch(() => broken),
    ),
  );
}
