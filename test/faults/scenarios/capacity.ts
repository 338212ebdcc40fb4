import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Entrance, enter } from '../client/enter.ts';
import type { Tally } from '../client/tally.ts';
import { withNode } from '../cluster/own-node.ts';
import { createProbe, describe, tallyOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';
import { underLoad } from '../under-load.ts';

const SLACK_MS = 1500;
const ACQUIRE_MS = 2100;

const CLIENTS = 200;
const USERS = 25;
/** One way; a write needs some ten round trips, so that a pool of two has room for a few writes a second. */
const DISTANCE_MS = 10;

/** Every client writes once; resolves with the statuses, the writes a second, and how long the slowest refusal took. */
async function rush(users: readonly Entrance[]) {
  const started = performance.now();
  const outcomes = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, index) => {
      const { here } = users[index % USERS] as Entrance;
      const status = await here('POST', '/tasks', { title: `crowd ${index}` }).then(
        (answer) => answer.status,
        () => 0,
      );
      return { status, ms: performance.now() - started };
    }),
  );
  const counts = tallyOf(outcomes.map(({ status }) => status));
  const slowest = Math.max(0, ...outcomes.flatMap(({ status, ms }) => (status === 503 ? [ms] : [])));
  return { counts, slowest, perSecond: ((counts[201] ?? 0) * 1000) / (performance.now() - started) };
}

const inPool = (world: World, max: number, work: (users: Entrance[]) => Promise<void>) =>
  withNode(world, { settings: { DATABASE_POOL_MAX: `${max}` } }, async (node) => {
    const users = await Promise.all(Array.from({ length: USERS }, () => enter(world, node.port)));
    await rush(users);
    await work(users);
  });

/** The most writes a second that a pool of `max` connections has room for. */
async function measureGoodput(world: World, max: number): Promise<number> {
  const rates: number[] = [];
  await inPool(world, max, async (users) => {
    for (let rounds = world.pick(2, 5); rounds > 0; rounds -= 1) rates.push((await rush(users)).perSecond);
  });
  return Math.max(...rates);
}

async function refuseMost(world: World, users: readonly Entrance[]): Promise<void> {
  const { counts, slowest } = await rush(users);
  world.row.injections += CLIENTS;
  world.note(`${DISTANCE_MS} ms away: ${describe(counts)}, slowest refusal ${Math.round(slowest)} ms`);
  const strange = Object.keys(counts).filter((status) => !['201', '429', '503'].includes(status));
  world.expect(strange.length === 0 && (counts[201] ?? 0) > 0, `answers: ${describe(counts)}`);
  world.expect((counts[503] ?? 0) > 0, 'nobody was refused, so that nothing is known of refusals');
  // A request waits for the pool twice, first to learn who calls, then for what they want.
  world.expect(slowest <= 2 * ACQUIRE_MS + SLACK_MS, `a refusal took ${Math.round(slowest)} ms`);
}

const smallPool: Scenario = {
  id: 'F-26',
  title: `${CLIENTS} clients on a pool of 2`,
  isLongOnly: true,
  run: async (world) => {
    const large = await measureGoodput(world, 10);
    const small = await measureGoodput(world, 2);
    world.note(`writes a second: ${Math.round(large)} with a pool of 10, ${Math.round(small)} with one of 2`);
    world.expect(small >= 0.8 * 0.2 * large, 'a pool of 2 does less than its share');
    await inPool(world, 2, async (users) => {
      world.cluster.network.postgres.set({ kind: 'latency', ms: DISTANCE_MS });
      for (let rounds = world.pick(1, 3); rounds > 0; rounds -= 1) await refuseMost(world, users);
      world.cluster.network.postgres.heal();
    });
  },
};

const noConnections: Scenario = {
  id: 'F-27',
  title: 'all connections of PostgreSQL taken by somebody else',
  run: async (world) => {
    const { cluster, row, expect } = world;
    const probe = await createProbe(world);
    const hogs: pg.Client[] = [];
    let refused = 0;
    await underLoad(world, async (tally) => {
      // The nodes are kept away meanwhile, or they would take what is left.
      cluster.network.postgres.set({ kind: 'reset' });
      while (await takeOne(world, hogs));
      cluster.network.postgres.heal();
      row.injections += 1;
      const before = refusalsOf(tally);
      await sleep(world.pick(1500, 5000));
      refused = refusalsOf(tally) - before;
      await Promise.all(hogs.map((hog) => hog.end()));
      await probe.recover(2000 + SLACK_MS);
    });
    expect(hogs.length > 0, 'no connection could be taken');
    expect(refused > 0, 'nobody was refused while all connections were taken');
  },
};

const refusalsOf = ({ failed }: Tally) => failed.get('503 database.unavailable') ?? 0;

/** Adds one connection to those taken; false when there is none left. */
async function takeOne({ cluster }: World, hogs: pg.Client[]): Promise<boolean> {
  const hog = new pg.Client({ connectionString: cluster.postgres.url() });
  hog.on('error', () => undefined);
  const isTaken = await hog.connect().then(
    () => true,
    () => false,
  );
  if (isTaken) hogs.push(hog);
  return isTaken;
}

export const capacity: readonly Scenario[] = [smallPool, noConnections];
