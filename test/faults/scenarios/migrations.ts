import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { migrateTo } from '../cluster/cluster.ts';
import { waitForExit } from '../cluster/processes.ts';
import { startProxy } from '../cluster/proxy.ts';
import type { Scenario, World } from '../scenario.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const built = `${root}packages/cli/dist/main.js`;
const TASKCTL = existsSync(built)
  ? [built]
  : ['--conditions=source', '--import', import.meta.resolve('tsx'), `${root}packages/cli/src/main.ts`];

function spawnMigrate({ cluster }: World, url: string): ChildProcess {
  const env = { ...cluster.environment, PATH: process.env.PATH, DATABASE_URL: url };
  return spawn(process.execPath, [...TASKCTL, 'db', 'migrate'], { cwd: '/', env, stdio: 'ignore' });
}

/** Everything about a schema that migrations make, as text. */
const DESCRIPTION = `select string_agg(line, E'\\n' order by line) as text from (
  select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
    as line from information_schema.columns where table_schema = 'taskapp'
  union all select 'index ' || indexdef from pg_indexes where schemaname = 'taskapp'
  union all select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'taskapp'::regnamespace
  union all select 'type ' || t.typname || ' ' || e.enumlabel from pg_enum e join pg_type t on t.oid = e.enumtypid
  union all select 'invalid ' || indexrelid::regclass from pg_index where not indisvalid
  union all select 'migration ' || name from taskapp.migrations) lines`;

async function withDatabase(
  world: World,
  name: string,
  work: (url: string, describe: () => Promise<string>) => Promise<void>,
) {
  const { postgres } = world.cluster;
  await postgres.admin(`create database ${name} owner app`, [], 'postgres');
  const describe = async () => (await postgres.admin<{ text: string }>(DESCRIPTION, [], name))[0]?.text ?? '';
  try {
    await work(postgres.url(undefined, name), describe);
  } finally {
    await postgres.admin(`drop database ${name} with (force)`, [], 'postgres');
  }
}

/** Kills the command when it has sent so many messages; true when it had that many to send. */
async function killAt(world: World, url: string, messages: number): Promise<boolean> {
  const proxy = await startProxy(world.cluster.postgres.port);
  const through = new URL(url);
  through.port = `${proxy.port}`;
  const child = spawnMigrate(world, through.href);
  let sent = 0;
  proxy.inspect(() => {
    sent += 1;
    if (sent !== messages) return 'pass';
    child.kill('SIGKILL');
    return 'lose';
  });
  const code = await waitForExit(child);
  await proxy.close();
  return code === 'SIGKILL';
}

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
        isInside = await killAt(world, url, at);
        if (!isInside) return;
        row.injections += 1;
        const code = await waitForExit(spawnMigrate(world, url));
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
      const codes = await Promise.all(Array.from({ length: count }, () => waitForExit(spawnMigrate(world, url))));
      world.row.injections += count;
      world.expect(
        codes.every((code) => code === 0),
        `exit codes: ${codes}`,
      );
      world.expect((await describe()).includes('migration 0001_accounts'), 'nothing was migrated');
    });
  },
};

export const migrations: readonly Scenario[] = [killedMigration, parallelMigrations];
