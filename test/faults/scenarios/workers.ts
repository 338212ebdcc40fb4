import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiNode } from '../cluster/node.ts';
import { withNode } from '../cluster/own-node.ts';
import { until } from '../cluster/processes.ts';
import { describe } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';
import { underLoad } from '../under-load.ts';

const WORKERS = 2;
const ORPHAN_MS = 2000;
/** Workers that start take the cores from those that serve: with less rest between requests some would be shed. */
const PAUSE_MS = 250;

/** The processes that a node has forked. */
async function findWorkers({ pid }: ApiNode): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return children.split(' ').filter(Boolean).map(Number);
}

/** Waits until so many workers serve, other ones than `before`; resolves with them. */
const untilAllServe = (node: ApiNode, before: readonly number[] = []): Promise<number[]> =>
  until('all workers serve', async () => {
    const workers = await findWorkers(node);
    if (workers.length !== WORKERS || workers.some((pid) => before.includes(pid))) return undefined;
    const metrics = await fetch(`http://127.0.0.1:${node.port}/metrics`, { headers: { connection: 'close' } });
    const serving = (await metrics.text()).match(/^process_start_time_seconds\{/gm) ?? [];
    return serving.length === WORKERS ? workers : undefined;
  });

/** Runs `work` on a node of several workers that is under load. */
async function underLoadOf(
  world: World,
  work: (node: ApiNode) => Promise<void>,
): Promise<Awaited<ReturnType<typeof underLoad>>> {
  return withNode(world, { settings: { WORKERS: `${WORKERS}` } }, async (node) => {
    await untilAllServe(node);
    const tally = await underLoad(world, () => work(node), { ports: () => [node.port], pauseMs: PAUSE_MS });
    const code = await node.end('SIGTERM');
    world.expect(code === 0, `a node of ${WORKERS} workers that was asked to stop ended with ${code}`);
    return tally;
  });
}

const pauseBeforeFault = ({ pick }: World) => sleep(pick(300, 1500) + randomInt(pick(500, 3000)));

/** The primary says that a worker is gone; here that is meant. */
const forgetKilled = ({ log }: ApiNode): void => {
  const errors = log.errors as string[];
  errors.splice(0, errors.length, ...errors.filter((line) => !line.includes('A worker ended by itself')));
};

const killWorker: Scenario = {
  id: 'F-13',
  title: 'one of two workers of a node killed (SIGKILL)',
  run: async (world) => {
    await underLoadOf(world, async (node) => {
      for (let kills = world.pick(3, 30); kills > 0; kills -= 1) {
        await pauseBeforeFault(world);
        const workers = await findWorkers(node);
        const victim = workers[kills % workers.length] as number;
        process.kill(victim, 'SIGKILL');
        const started = performance.now();
        world.row.injections += 1;
        await untilAllServe(node, [victim]);
        world.row.longestRecoveryMs = Math.max(world.row.longestRecoveryMs, Math.round(performance.now() - started));
        forgetKilled(node);
      }
    });
  },
};

const replaceWorkers: Scenario = {
  id: 'F-14',
  title: 'both workers of a node replaced at SIGHUP',
  run: async (world) => {
    const tally = await underLoadOf(world, async (node) => {
      for (let times = world.pick(2, 10); times > 0; times -= 1) {
        await pauseBeforeFault(world);
        const before = await findWorkers(node);
        node.signal('SIGHUP');
        await untilAllServe(node, before);
        world.row.injections += 1;
      }
    });
    world.expect(tally.failed.size === 0, `requests failed: ${describe(Object.fromEntries(tally.failed))}`);
  },
};

const killPrimary: Scenario = {
  id: 'F-15',
  title: 'the primary of two workers killed (SIGKILL)',
  run: async (world) => {
    await underLoadOf(world, async (node) => {
      for (let kills = world.pick(2, 20); kills > 0; kills -= 1) {
        await pauseBeforeFault(world);
        const workers = await findWorkers(node);
        await node.end('SIGKILL');
        world.row.injections += 1;
        const isGone = async (pid: number) => (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')) === '';
        const areGone = async () => (await Promise.all(workers.map(isGone))).every(Boolean);
        await until('no worker outlives its primary', areGone, ORPHAN_MS).catch((error: Error) =>
          world.expect(false, error.message),
        );
        await node.start();
        await untilAllServe(node);
      }
    });
  },
};

export const workers: readonly Scenario[] = [killWorker, replaceWorkers, killPrimary];
