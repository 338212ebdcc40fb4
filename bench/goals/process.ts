import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { residentBytes } from '../../test/faults/cluster/processes.ts';
import { spread } from '../measure.ts';
import { startTarget } from '../servers/target.ts';
import { root } from '../world/processes.ts';
import type { BenchWorld } from '../world/world.ts';
import { compare, type Goal } from './goal.ts';

const run = promisify(execFile);
const REPEATS = 9;
const MB = 1024 * 1024;
const taskctl = `${root}packages/cli/bin/taskctl.js`;

/** How long a server takes to serve, and what it holds when nobody asks. */
export async function serverGoals(world: BenchWorld): Promise<Goal[]> {
  const starts: number[] = [];
  const sizes: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    const target = await startTarget('taskapp', world.environment);
    starts.push(target.startMs);
    await sleep(2000);
    sizes.push((await residentBytes(target.pid)) / MB);
    await target.stop();
  }
  return [
    compare('start against a migrated database, s', spread(starts).median / 1000, { max: 1 }),
    compare('idle memory, MB', spread(sizes).median, { max: 120 }),
  ];
}

/** How long commands take, as a multiple of a Node that does nothing. */
export async function commandGoals({ environment }: BenchWorld): Promise<Goal[]> {
  const cwd = await mkdtemp(join(tmpdir(), 'taskapp-bench-cli-'));
  const env = { PATH: process.env.PATH, ...environment, NODE_ENV: 'development' };
  const time = async (args: readonly string[]): Promise<number> => {
    const started = performance.now();
    await run(process.execPath, args, { cwd, env });
    return performance.now() - started;
  };
  try {
    const ratios: [help: number, list: number][] = [];
    for (let n = 0; n < REPEATS; n += 1) {
      const nothing = await time(['-e', '0']);
      ratios.push([(await time([taskctl, '--help'])) / nothing, (await time([taskctl, 'ls'])) / nothing]);
    }
    return [
      compare('taskctl --help, of node -e 0', spread(ratios.map(([help]) => help)).median, { max: 2 }),
      compare('taskctl ls, of node -e 0', spread(ratios.map(([, list]) => list)).median, { max: 6 }),
    ];
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}
