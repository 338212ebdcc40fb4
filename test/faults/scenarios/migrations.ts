import { setTimeout as sleep } from 'node:timers/promises';
import { connect, migrationStatus } from '@taskapp/core';
import pg from 'pg';
import { migrationConfig } from '../../../packages/core/src/migrations.ts';
import { percentile } from '../client/tally.ts';
import { migrateTo } from '../cluster/cluster.ts';
import { withDatabase } from '../cluster/scratch-database.ts';
import { killAt, runTaskctl } from '../cluster/taskctl.ts';
import { describe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import { underLoad } from '../under-load.ts';

const MIGRATE = ['db', 'migrate'];

const killedMigration: Scenario = {
  id: 'F-08',
  title: '`taskctl db migrate` killed at a statement, then run again',
  run: async (world) => {
    const { row, expect, pick } = world;
    let fresh = '';
    await withDatabase(world, 'fresh', async (url, describe) => {
      await migrateTo(url);
      fresh = await describe();
    });
    for (let at = 3, isInside = true; isInside && row.injections < pick(2, 100); at += pick(15, 3)) {
      await withDatabase(world, 'broken', async (url, describe) => {
        isInside = await killAt(world, url, { args: MIGRATE, messages: at });
        if (!isInside) return;
        row.injections += 1;
        const code = await runTaskctl(world, url, MIGRATE);
        expect(code === 0, `after a kill at message ${at} the next run ended with ${code}`);
        expect((await describe()) === fresh, `after a kill at message ${at} the schema is not that of a fresh install`);
      });
    }
    expect(row.injections > 1, 'the command was hardly ever killed');
  },
};

const MIGRATORS = { short: 3, long: 10 };

const parallelMigrations: Scenario = {
  id: 'F-56',
  title: '`taskctl db migrate` several times at once',
  run: async (world) => {
    await withDatabase(world, 'contended', async (url, describe) => {
      const count = world.pick(MIGRATORS.short, MIGRATORS.long);
      const codes = await Promise.all(Array.from({ length: count }, () => runTaskctl(world, url, MIGRATE)));
      world.row.injections += count;
      world.expect(
        codes.every((code) => code === 0),
        `exit codes: ${codes}`,
      );
      world.expect((await describe()).includes('migration 0001_accounts'), 'nothing was migrated');
    });
  },
};

/** The newest migration that the load cannot do without. */
const KEPT = '0003_events';
const P99_MS = 1000;
const READING_MS = 4000;

/** Takes back the migrations after `KEPT`; resolves with how many those were. */
async function goBack(url: string): Promise<number> {
  const db = connect(url);
  const newest = async (): Promise<string> => (await migrationStatus(db)).applied.at(-1) ?? KEPT;
  let count = 0;
  for (; (await newest()) > KEPT; count += 1) await db.migrate.down(migrationConfig);
  await db.destroy();
  return count;
}

const migrationUnderLoad: Scenario = {
  id: 'F-36',
  title: 'an older schema migrated under load while somebody reads for long',
  run: async (world) => {
    const { cluster, row, expect, note, pick } = world;
    const url = cluster.postgres.url();
    const reader = new pg.Client({ connectionString: url });
    await reader.connect();
    // Idempotency keys are among what an older schema lacks.
    const load = { keyed: 'none', pauseMs: 100, workers: 16 } as const;
    for (let rounds = pick(1, 4); rounds > 0; rounds -= 1) {
      const missing = await goBack(url);
      expect(missing > 0, 'there is nothing to migrate');
      const tally = await underLoad(
        world,
        async (seen) => {
          await reader.query('begin; select count(*) from taskapp.tasks t, taskapp.users u where t.creator_id = u.id');
          await sleep(pick(500, 2000));
          const from = performance.now();
          const before = percentile(seen, 0.99, 0, from);
          // Who reads a table holds up what replaces its indexes, which gives way again and again until then.
          const end = sleep(READING_MS).then(() => reader.query('commit'));
          const code = await runTaskctl(world, url, MIGRATE);
          await end;
          row.injections += missing;
          expect(code === 0, `the migration under load ended with ${code}`);
          await sleep(pick(500, 2000));
          const during = percentile(seen, 0.99, from);
          note(`p99 ${Math.round(during)} ms, undisturbed ${Math.round(before)} ms`);
          expect(during <= Math.max(P99_MS, 3 * before), `p99 ${Math.round(during)} ms during the migration`);
        },
        load,
      );
      const strange = Object.fromEntries([...tally.failed].filter(([what]) => !/^4(09|29)/.test(what)));
      expect(Object.keys(strange).length === 0, `requests failed: ${describe(strange)}`);
    }
    await reader.end();
  },
};

export const migrations: readonly Scenario[] = [killedMigration, parallelMigrations, migrationUnderLoad];
