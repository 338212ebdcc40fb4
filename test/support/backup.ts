import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** An environment in which the programs of PostgreSQL are not found. */
export const NO_TOOLS = { PATH: '/nowhere' };

/** Every row of every table, as PostgreSQL writes it. */
export async function contents(db: Knex): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const tables = await db.raw(`select tablename as name from pg_tables where schemaname = 'taskapp' order by 1`);
  for (const { name } of tables.rows.filter((table: { name: string }) => !table.name.startsWith('migrations'))) {
    const { rows } = await db.raw('select t::text as row from taskapp.?? t order by 1', [name]);
    found[name] = rows.map(({ row }: { row: string }) => row);
  }
  return found;
}

/** The same without the names of the tables. */
export const rowsOf = async (db: Knex): Promise<string[]> => Object.values(await contents(db)).flat();

/** What to run, and when it is in the middle of its work. */
export interface Killing {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  isMidway(): Promise<boolean>;
}

/** Runs the real program and kills it as soon as it is in the middle of its work. */
export async function killMidway({ args, cwd, env, isMidway }: Killing): Promise<void> {
  const options = ['--conditions=source', '--import', import.meta.resolve('tsx'), main, ...args];
  const child = spawn(process.execPath, options, { cwd, env, stdio: 'ignore' });
  const exit = once(child, 'exit');
  while (child.exitCode === null && !(await isMidway())) await pause(2);
  child.kill('SIGKILL');
  assert.deepEqual(await exit, [null, 'SIGKILL']);
}
