import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { percentile } from '../client/tally.ts';
import type { Fault } from '../cluster/proxy.ts';
import { describe } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';
import { underLoad } from '../under-load.ts';

/** What a request may take longer while Redis fails: three uses, each with its budget, on a machine that is shared. */
const SLACK_MS = 400;
/** What half of them may take longer: after three failures in a row nobody waits for Redis any more. */
const MEDIAN_SLACK_MS = 250;

/** What lasts half a minute once in the long form. */
const LASTING = new Set(['kill', 'stop', 'black hole']);

type Breakage = (world: World, ms: number) => Promise<void>;

/** Runs commands on the real Redis, past the network that is broken. */
async function command(world: World, work: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(world.cluster.redis().url);
  await work(redis).finally(() => redis.disconnect());
}

const kill: Breakage = async (world, ms) => {
  await world.cluster.redis().kill('SIGKILL');
  await sleep(ms);
  await world.cluster.replaceRedis();
};
const flush: Breakage = (world) => command(world, (redis) => redis.flushall());
const fill: Breakage = async (world, ms) => {
  await command(world, (redis) => redis.config('SET', 'maxmemory', '1mb'));
  await sleep(ms);
  await command(world, (redis) => redis.config('SET', 'maxmemory', '0'));
};
const stop: Breakage = async (world, ms) => {
  await world.cluster.redis().kill('SIGSTOP');
  await sleep(ms);
  await world.cluster.redis().kill('SIGCONT');
};
const network =
  (fault: Fault): Breakage =>
  async ({ cluster }, ms) => {
    cluster.network.redis.set(fault);
    await sleep(ms);
    cluster.network.redis.heal();
  };

/** Redis is an aid: whatever happens to it, requests succeed, in time, with the truth. */
const createRedisScenario = (id: string, title: string, breakages: Readonly<Record<string, Breakage>>): Scenario => ({
  id,
  title,
  run: async (world) => {
    const { row, expect, note, pick } = world;
    const tally = await underLoad(world, async (seen) => {
      await sleep(pick(800, 5000));
      const baseline = percentile(seen, 0.99);
      const median = percentile(seen, 0.5);
      const figures: string[] = [];
      for (let round = 0; round < pick(1, 2); round += 1) {
        for (const [name, breakage] of Object.entries(breakages)) {
          const from = performance.now();
          await breakage(world, pick(900, round === 0 && LASTING.has(name) ? 30_000 : 5000));
          const to = performance.now();
          row.injections += 1;
          // Who has waited for Redis all the time is answered only now.
          await sleep(pick(500, 2000));
          const during = percentile(seen, 0.99, from, to);
          const half = percentile(seen, 0.5, from, to);
          figures.push(`${name} ${Math.round(during)}`);
          expect(
            during <= baseline * 2 + SLACK_MS,
            `p99 went from ${Math.round(baseline)} to ${Math.round(during)} ms: ${name}`,
          );
          expect(
            half <= median * 2 + MEDIAN_SLACK_MS,
            `the median went from ${Math.round(median)} to ${Math.round(half)} ms: ${name}`,
          );
        }
      }
      note(`p99 in ms: ${Math.round(baseline)} before, ${figures.join(', ')}`);
    });
    expect(tally.failed.size === 0, `requests failed: ${describe(Object.fromEntries(tally.failed))}`);
  },
});

export const redis: readonly Scenario[] = [
  createRedisScenario('F-06', 'Redis killed, flushed, full, stopped', { kill, flush, fill, stop }),
  createRedisScenario('F-22', 'Redis behind a broken network', {
    'black hole': network({ kind: 'blackhole' }),
    'half-open': network({ kind: 'half-open' }),
    'latency 500': network({ kind: 'latency', ms: 500 }),
    'lost replies': network({ kind: 'drop-replies' }),
    resets: network({ kind: 'reset' }),
  }),
];
