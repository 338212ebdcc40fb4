import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProbe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import { underLoad } from '../under-load.ts';
import { isCommit } from './commits.ts';

const RECOVERY_MS = 5000;

const terminateBackends: Scenario = {
  id: 'F-03',
  title: 'backends terminated, 20 a second',
  run: async (world) => {
    const { postgres } = world.cluster;
    const probe = await createProbe(world);
    await underLoad(world, async () => {
      for (const end = performance.now() + world.pick(4000, 60_000); performance.now() < end; ) {
        const due = sleep(50);
        await postgres.admin(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app' order by random() limit 1",
        );
        world.row.injections += 1;
        await due;
      }
    });
    await probe.recover(RECOVERY_MS);
  },
};

const cutCommits: Scenario = {
  id: 'F-04',
  title: 'connection cut at COMMIT, before or after the server got it',
  run: async (world) => {
    const { postgres } = world.cluster.network;
    const cuts = { lose: 0, orphan: 0 };
    const tally = await underLoad(world, async () => {
      const stop = postgres.inspect((chunk) => {
        if (!isCommit(chunk) || randomInt(5) > 0) return 'pass';
        const verdict = randomInt(2) === 0 ? 'lose' : 'orphan';
        cuts[verdict] += 1;
        return verdict;
      });
      await sleep(world.pick(4000, 30_000));
      stop();
    });
    world.row.injections += cuts.lose + cuts.orphan;
    world.note(`${cuts.lose} cut before the server got COMMIT, ${cuts.orphan} after; ${tally.unknown} left unknown`);
    world.expect(cuts.lose > 0 && cuts.orphan > 0, 'no commit was cut');
  },
};

export const lostConnections: readonly Scenario[] = [terminateBackends, cutCommits];
