import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../client/http.ts';
import { percentile } from '../client/tally.ts';
import type { Fault } from '../cluster/proxy.ts';
import { createProbe, describe, race, tallyOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';
import { underLoad } from '../under-load.ts';

/** The wait for a connection and the client's time limit of a statement, one after the other. */
const ANSWER_MS = 7500;
/** Requests after healing, so many at once, so often; and the connections of two pools, each of which may fail once. */
const WAVE = 20;
const WAVES = 4;
const CONNECTIONS = 20;

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
      const calm = percentile(tally, 1, 0, from);
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
      expect(slowest <= ANSWER_MS + calm, `a request took ${Math.round(slowest)} ms`);
    });
  },
});

/** A connection fails once at most, and is replaced. */
async function checkHealed(world: World, ask: (port: number) => Promise<Answer>): Promise<void> {
  const statuses: number[] = [];
  for (let waves = 0; waves < WAVES; waves += 1) {
    const answers = await race(world, WAVE, ask);
    statuses.push(...answers.map(({ status }) => status));
  }
  const counts = tallyOf(statuses);
  const failures = statuses.length - (counts[200] ?? 0);
  world.note(`after healing ${describe(counts)}`);
  world.expect(failures <= CONNECTIONS, `after healing: ${describe(counts)}`);
  world.expect(
    statuses.slice(-WAVE).every((status) => status === 200),
    'connections from before are still in use',
  );
}

/** How far away PostgreSQL is, in ms, give or take as much. A request needs some ten round trips, one after another. */
const DISTANCES = [20, 50, 200];

const slowPostgres: Scenario = {
  id: 'F-23',
  title: `PostgreSQL ${DISTANCES.join(', ')} ms away, give or take as much`,
  isLongOnly: true,
  run: async (world) => {
    const { cluster, row, expect, note, pick } = world;
    for (const ms of DISTANCES) {
      const tally = await underLoad(
        world,
        async (seen) => {
          await sleep(500);
          const from = performance.now();
          cluster.network.postgres.set({ kind: 'latency', ms, jitter: ms });
          row.injections += 1;
          await sleep(pick(3000, 12_000));
          note(`${ms} ms: p99 ${Math.round(percentile(seen, 0.99, from))} ms`);
          cluster.network.postgres.heal();
        },
        { workers: 6 },
      );
      expect(tally.failed.size === 0, `${ms} ms away: ${describe(Object.fromEntries(tally.failed))}`);
    }
  },
};

export const network: readonly Scenario[] = [
  blackHole('F-20', 'PostgreSQL in a black hole', { kind: 'blackhole', forgets: true }),
  blackHole('F-21', 'replies of PostgreSQL in a black hole', { kind: 'blackhole', only: 'replies' }),
  slowPostgres,
];
