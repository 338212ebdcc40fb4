import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enter } from '../client/enter.ts';
import type { Journal } from '../client/journal.ts';
import { login, register, type Session } from '../client/session.ts';
import { withNode } from '../cluster/own-node.ts';
import { withDatabase } from '../cluster/scratch-database.ts';
import { runTaskctl } from '../cluster/taskctl.ts';
import type { Scenario, World } from '../scenario.ts';
import { underLoad } from '../under-load.ts';
import { readFacts } from '../verify/facts.ts';
import { type Operation, readLedger } from '../verify/ledger.ts';
import { verify } from '../verify/verify.ts';

/** What a backup has to hold: what was acknowledged before it began; what came later may be in it or not. */
async function expectedOf(journal: Journal, before: readonly Operation[]): Promise<Operation[]> {
  const acked = new Set(before.filter(({ outcome }) => outcome === 'acked').map(({ op }) => op));
  const later = ({ op, outcome }: Operation) => (acked.has(op) || outcome === 'refused' ? outcome : 'unknown');
  return readLedger(await journal.read()).map((operation) => ({ ...operation, outcome: later(operation) }));
}

async function checkRestored(world: World, ledger: readonly Operation[]): Promise<void> {
  const { cluster, row } = world;
  const admin = (sql: string, values?: unknown[]) => cluster.postgres.admin(sql, values, 'restored');
  const users = [...new Set(ledger.map(({ user }) => user))];
  const facts = await readFacts({ admin } as typeof cluster.postgres, users);
  const { lost, duplicated, phantom, problems } = verify(ledger, facts);
  row.lost += lost;
  row.duplicated += duplicated;
  row.phantom += phantom;
  row.failures.push(...problems.map((problem) => `restored: ${problem}`));
  world.note(`${facts.events.length} changes restored`);
  world.expect(facts.events.length > 0, 'the backup holds no change');
}

/** Restores a backup into another database, compares it with the ledger, and uses it. */
async function restoreElsewhere(
  world: World,
  file: string,
  { ledger, owner }: { ledger: readonly Operation[]; owner: Session },
): Promise<void> {
  const { expect } = world;
  await withDatabase(world, 'restored', async (url) => {
    const restored = await runTaskctl(world, url, ['restore', file]);
    expect(restored === 0, `the restore ended with ${restored}`);
    await checkRestored(world, ledger);
    await withNode(world, { settings: { DATABASE_URL: url } }, async ({ port }) => {
      const signedIn = await login(port, owner);
      const { here } = await enter(world, port);
      const made = await here('POST', '/tasks', { title: 'after the restore' });
      const { body } = await here('GET', '/tasks');
      const seen = `${signedIn.status} ${made.status} ${body.tasks?.length}`;
      expect(seen === '200 201 1', `sign-in, a task and a list on what was restored: ${seen}`);
    });
  });
}

const backupUnderLoad: Scenario = {
  id: 'F-10',
  title: 'backup under load, restored elsewhere',
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    const owner = await register(cluster.nodes[0].port, cluster.canary);
    await underLoad(world, async (_tally, journal) => {
      for (let backups = pick(1, 3); backups > 0; backups -= 1) {
        await sleep(pick(1200, 5000));
        const before = readLedger(await journal.read());
        const file = join(cluster.folder, `loaded-${backups}.ndjson`);
        const code = await runTaskctl(world, cluster.postgres.url(), ['backup', file]);
        expect(code === 0, `the backup ended with ${code}`);
        row.injections += 1;
        const ledger = await expectedOf(journal, before);
        await restoreElsewhere(world, file, { ledger, owner });
      }
    });
  },
};

export const backups: readonly Scenario[] = [backupUnderLoad];
