import { residentBytes } from '../../test/faults/cluster/processes.ts';
import { runLoad } from '../load/load.ts';
import { type Extent, spread } from '../measure.ts';
import { startTarget, type Target } from '../servers/target.ts';
import type { BenchWorld } from '../world/world.ts';
import { compare, type Goal } from './goal.ts';

const MB = 1024 * 1024;
const STEP_SECONDS = 10;
/** What a process holds goes up and down by some percent with its collections. */
const WITHIN = 1.1;
/** On a machine that others use as well, an overloaded server refuses some; what it holds is told all the same. */
const EXPECTED = new Set(['200', '201', '503']);

/**
 * Runs the mix for so many minutes; memory must not grow. The first third is warm-up: caches fill, compilers and
 * collectors find out what they need. The second third is then held against the last one.
 */
export async function soakGoals(world: BenchWorld, { connections }: Extent, minutes: number): Promise<Goal[]> {
  const target = await startTarget('taskapp', world.environment);
  const sizes: number[] = [];
  try {
    const ends = performance.now() + minutes * 60_000;
    for (let run = 1; performance.now() < ends; run += 1) {
      const refused = await serveMix(world, target, { connections, run });
      sizes.push((await residentBytes(target.pid)) / MB);
      const time = `${run * STEP_SECONDS}`.padStart(5);
      process.stdout.write(`${time} s  ${sizes.at(-1)?.toFixed(0)} MB, ${refused} refused\n`);
    }
  } finally {
    await target.stop();
  }
  const third = Math.floor(sizes.length / 3);
  const [middle, last] = [spread(sizes.slice(third, 2 * third)), spread(sizes.slice(-third))];
  const title = `memory at the end of ${minutes} minutes of the mix, of that in their middle`;
  return [compare(title, last.median / middle.median, { max: WITHIN })];
}

interface Step {
  readonly connections: number;
  readonly run: number;
}

/** Resolves with how many requests the server refused because it was overloaded. */
async function serveMix({ size, tokens }: BenchWorld, { port }: Target, step: Step): Promise<number> {
  const { statuses } = await runLoad({ ...step, scenario: 'mix', size, tokens, port, seconds: STEP_SECONDS });
  const odd = Object.keys(statuses).filter((status) => !EXPECTED.has(status));
  if (odd.length > 0) throw new Error(`The server answered ${odd.join(', ')}`);
  return statuses['503'] ?? 0;
}
