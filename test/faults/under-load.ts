import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Journal, openJournal } from './client/journal.ts';
import { type LoadOptions, startLoad } from './client/load.ts';
import { createTally, type Tally } from './client/tally.ts';
import type { World } from './scenario.ts';
import { readFacts } from './verify/facts.ts';
import { readLedger } from './verify/ledger.ts';
import { verify } from './verify/verify.ts';

type Options = Partial<Pick<LoadOptions, 'ports' | 'workers' | 'keyed' | 'pauseMs'>>;

/**
 * Runs `work` while workers create, change, remove and list tasks; then reads the journal back and compares it with
 * the database. The figures go to the row of the scenario.
 */
export async function underLoad(
  world: World,
  work: (tally: Tally, journal: Journal) => Promise<void>,
  options: Options = {},
): Promise<Tally> {
  const { cluster } = world;
  const journal = await openJournal(join(cluster.folder, `${randomUUID()}.journal`));
  const tally = createTally();
  try {
    await runLoad(world, work, { ...options, journal, tally });
    await judge(world, journal, tally);
  } finally {
    await journal.close();
  }
  world.expect(tally.acked > 0, 'not one operation was acknowledged');
  return tally;
}

async function runLoad(
  world: World,
  work: (tally: Tally, journal: Journal) => Promise<void>,
  { journal, tally, ...options }: Options & Pick<LoadOptions, 'journal' | 'tally'>,
): Promise<void> {
  const { cluster } = world;
  const load = await startLoad({
    journal,
    tally,
    canary: cluster.canary,
    ports: () => cluster.nodes.map(({ port }) => port),
    workers: world.pick(16, 50),
    keyed: 'mixed',
    pauseMs: world.pick(60, 250),
    ...options,
  });
  try {
    await work(tally, journal);
  } finally {
    await load.stop();
  }
}

async function judge({ cluster, row }: World, journal: Journal, tally: Tally): Promise<void> {
  const ledger = readLedger(await journal.read());
  const users = [...new Set(ledger.map(({ user }) => user))];
  const { lost, duplicated, phantom, problems } = verify(ledger, await readFacts(cluster.postgres, users));
  for (const name of ['operations', 'acked', 'refused', 'unknown', 'staleLists'] as const) row[name] += tally[name];
  row.lost += lost;
  row.duplicated += duplicated;
  row.phantom += phantom;
  row.failures.push(...problems, ...tally.surprises);
}
