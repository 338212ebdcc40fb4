import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { migrateTo } from '../cluster/cluster.ts';
import { withDatabase } from '../cluster/scratch-database.ts';
import { killAt, runTaskctl } from '../cluster/taskctl.ts';
import type { Scenario, World } from '../scenario.ts';

const REFUSED = 7;

const countRows = async ({ cluster }: World, database: string): Promise<string> => {
  const [row] = await cluster.postgres.admin<{ text: string }>(
    `select concat_ws(' ', (select count(*) from taskapp.users), (select count(*) from taskapp.tasks),
      (select count(*) from taskapp.task_tags), (select count(*) from taskapp.events)) as text`,
    [],
    database,
  );
  return row?.text ?? '';
};

/** Under the final name there is a whole backup or nothing, and the next run works. */
async function killBackups(world: World, url: string): Promise<string> {
  const { cluster, row, expect, pick } = world;
  const file = join(cluster.folder, `killed-${row.injections}.ndjson`);
  for (let messages = 8, isInside = true; isInside && messages < pick(24, 400); messages += pick(12, 2)) {
    isInside = await killAt(world, url, { args: ['backup', file], messages });
    if (!isInside) break;
    row.injections += 1;
    expect(!existsSync(file), `a backup killed at message ${messages} left a file under the final name`);
  }
  const code = existsSync(file) ? 0 : await runTaskctl(world, url, ['backup', file]);
  expect(code === 0, `after killed backups the next one ended with ${code}`);
  return file;
}

/** Nothing, so that it can be run again; or everything, killed before it could say so; then it is refused. */
async function killRestores(world: World, file: string, wanted: string): Promise<void> {
  const { row, expect, pick } = world;
  for (let messages = 8, isInside = true; isInside && messages < pick(24, 400); messages += pick(24, 4)) {
    await withDatabase(world, 'target', async (url) => {
      isInside = await killAt(world, url, { args: ['restore', file], messages });
      if (isInside) row.injections += 1;
      const code = isInside ? await runTaskctl(world, url, ['restore', file]) : 0;
      expect(
        code === 0 || code === REFUSED,
        `after a restore killed at message ${messages} the next one ended with ${code}`,
      );
      const found = await countRows(world, 'target');
      expect(found === wanted, `after a restore killed at message ${messages}: ${found} rows, not ${wanted}`);
      const again = await runTaskctl(world, url, ['restore', file]);
      expect(again === REFUSED, `a restore into a full database ended with ${again}`);
    });
  }
}

const killedBackup: Scenario = {
  id: 'F-09',
  title: '`taskctl backup` and `restore` killed at a statement, then run again',
  run: async (world) => {
    await withDatabase(world, 'source', async (url) => {
      await migrateTo(url);
      await runTaskctl(world, url, ['db', 'seed']);
      const file = await killBackups(world, url);
      await killRestores(world, file, await countRows(world, 'source'));
    });
    world.expect(world.row.injections > 2, 'the commands were hardly ever killed');
  },
};

export const killedBackups: readonly Scenario[] = [killedBackup];
