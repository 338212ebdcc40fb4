import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../cluster/proxy.ts';
import { createProbe, describe, tallyOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';
import { underLoad } from '../under-load.ts';

/** query_timeout, the longest of the limits, with some slack. */
const ANSWER_MS = 7500;
/** Asking what became of a COMMIT takes a second more, or the time a new connection may take. */
const COMMIT_MS = ANSWER_MS + 3500;
const AFTER_HEALING = 100;

const blackHole = (id: string, title: string, fault: Fault): Scenario => ({
  id,
  title,
  ...(id === 'F-21' && { isLongOnly: true as const }),
  run: async (world) => {
    const { cluster, row, expect, note, pick } = world;
    const probe = await createProbe(world);
    await underLoad(world, async (tally) => {
      await sleep(500);
      const from = performance.now();
      cluster.network.postgres.set(fault);
      row.injections += 1;
      const asked = [probe.ask(cluster.nodes[0].port), probe.ask(cluster.nodes[1].port)];
      const answers = await Promise.all(
        asked.map((answer) =>
          answer.then(
            ({ status }) => status,
            () => 0,
          ),
        ),
      );
      expect(
        answers.every((status) => status === 503),
        `a read in the black hole was answered ${answers}`,
      );
      await sleep(Math.max(0, pick(3000, 30_000) - (performance.now() - from)));
      cluster.network.postgres.heal();
      await probe.recover(ANSWER_MS);
      await checkHealed(world, (port) => probe.ask(port));
      const slowest = Math.max(...tally.timings.flatMap(({ at, ms }) => (at >= from ? [ms] : [])));
      note(`slowest answer ${Math.round(slowest)} ms`);
      expect(slowest <= COMMIT_MS, `a request took ${Math.round(slowest)} ms`);
    });
  },
});

/** Connections that timed out are gone: every request succeeds. */
async function checkHealed(
  { cluster, expect }: World,
  ask: (port: number) => Promise<{ status: number }>,
): Promise<void> {
  const statuses: number[] = [];
  for (let n = 0; n < AFTER_HEALING; n += 1) {
    const port = cluster.nodes[n % 2]?.port ?? 0;
    statuses.push(
      await ask(port).then(
        ({ status }) => status,
        () => 0,
      ),
    );
  }
  const counts = tallyOf(statuses);
  expect(counts[200] === AFTER_HEALING, `after healing: ${describe(counts)}`);
}

const slowPostgres: Scenario = {
  id: 'F-23',
  title: 'PostgreSQL 50 ms away, give or take 50',
  isLongOnly: true,
  run: async (world) => {
    const tally = await underLoad(
      world,
      async () => {
        world.cluster.network.postgres.set({ kind: 'latency', ms: 50, jitter: 50 });
        world.row.injections += 1;
        await sleep(world.pick(3000, 20_000));
        world.cluster.network.postgres.heal();
      },
      { workers: 6 },
    );
    world.expect(tally.failed.size === 0, `requests failed: ${describe(Object.fromEntries(tally.failed))}`);
  },
};

export const network: readonly Scenario[] = [
  blackHole('F-20', 'PostgreSQL in a black hole', { kind: 'blackhole' }),
  blackHole('F-21', 'replies of PostgreSQL in a black hole', { kind: 'blackhole', only: 'replies' }),
  slowPostgres,
];
