import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProbe } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';
import { underLoad } from '../under-load.ts';

const RESTART_MS = 3000;
const RECOVERY_MS = 5000;

const pauseBeforeFault = ({ pick }: World) => sleep(pick(300, 1500) + randomInt(pick(500, 3000)));

const killNode: Scenario = {
  id: 'F-01',
  title: 'API killed (SIGKILL)',
  run: async (world) => {
    const { cluster, row, pick } = world;
    const starts: number[] = [];
    await underLoad(world, async () => {
      for (let kills = pick(3, 50); kills > 0; kills -= 1) {
        await pauseBeforeFault(world);
        const node = cluster.nodes[kills % 2] ?? cluster.nodes[0];
        await node.end('SIGKILL');
        starts.push(await node.start());
        row.injections += 1;
      }
    });
    starts.sort((a, b) => a - b);
    row.longestRecoveryMs = Math.round(starts.at(-1) ?? 0);
    const median = Math.round(starts[Math.floor(starts.length / 2)] ?? 0);
    // On a busy machine a start takes its time, killed before or not.
    const allowed = Math.max(RESTART_MS, 1.5 * cluster.startMs);
    world.note(`restart to ready: median ${median} ms, undisturbed ${Math.round(cluster.startMs)} ms`);
    world.expect(median <= allowed, `a killed node needs ${median} ms to be ready, not ${Math.round(allowed)}`);
  },
};

/** Ways in which PostgreSQL can crash. */
const CRASHES = {
  postmaster: async ({ cluster: { postgres } }: World) => {
    await postgres.kill('SIGKILL');
    await postgres.start();
  },
  immediate: async ({ cluster: { postgres } }: World) => {
    await postgres.kill('SIGQUIT');
    await postgres.start();
  },
  backend: async ({ cluster: { postgres } }: World) => {
    const [backend] = await postgres.admin<{ pid: number }>(
      "select pid from pg_stat_activity where usename = 'app' order by random() limit 1",
    );
    if (backend) process.kill(backend.pid, 'SIGKILL');
    for (let isUp = false; !isUp; await sleep(20)) {
      isUp = await postgres.admin('select 1').then(
        () => true,
        () => false,
      );
    }
  },
};

const crashPostgres: Scenario = {
  id: 'F-02',
  title: 'PostgreSQL killed: postmaster, immediate stop, one backend',
  run: async (world) => {
    const probe = await createProbe(world);
    await underLoad(world, async () => {
      for (let crashes = 0; crashes < world.pick(3, 21); crashes += 1) {
        await pauseBeforeFault(world);
        const kinds = Object.values(CRASHES);
        await kinds[crashes % kinds.length]?.(world);
        world.row.injections += 1;
        await probe.recover(RECOVERY_MS);
      }
    });
  },
};

const killEverything: Scenario = {
  id: 'F-07',
  title: 'both API nodes and PostgreSQL killed together',
  run: async (world) => {
    const { nodes, postgres } = world.cluster;
    const probe = await createProbe(world);
    await underLoad(world, async () => {
      for (let kills = world.pick(1, 10); kills > 0; kills -= 1) {
        await pauseBeforeFault(world);
        await Promise.all([...nodes.map((node) => node.end('SIGKILL')), postgres.kill('SIGKILL')]);
        world.row.injections += 1;
        await Promise.all([postgres.start(), ...nodes.map((node) => node.start())]);
        await probe.recover(RECOVERY_MS);
      }
    });
  },
};

export const crashes: readonly Scenario[] = [killNode, crashPostgres, killEverything];
