import { join } from 'node:path';
import { type LoadResult, runLoad } from './load/load.ts';
import type { ScenarioName } from './load/requests.ts';
import { profileClock, profileFlags, summarize } from './profile.ts';
import { startTarget, type Target, type TargetName } from './servers/target.ts';
import { cpuMs } from './world/processes.ts';
import type { BenchWorld } from './world/world.ts';

/** One server under one scenario for some seconds. */
export interface Measurement extends LoadResult {
  /** Server CPU for each request, in microseconds. */
  readonly cpuUs: number;
}

const TARGETS = ['floor', 'fastify', 'taskapp'] as const satisfies readonly TargetName[];
type Measured = (typeof TARGETS)[number];

export type Measurements = Readonly<Record<Measured, readonly Measurement[]>>;

export interface Extent {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  /** Where a profile of taskapp goes, if one is wanted. */
  readonly profiles?: string | undefined;
}

/** Before the first round; compilers take their time. */
const WARM_UP_SECONDS = 5;
const EXPECTED = new Set(['200', '201']);

/** Runs a scenario against all servers in turns, so that whatever else the machine does hits all of them. */
export async function measureScenario(
  world: BenchWorld,
  scenario: ScenarioName,
  { rounds, profiles, ...extent }: Extent,
): Promise<Measurements> {
  const found: Record<Measured, Measurement[]> = { floor: [], fastify: [], taskapp: [] };
  const profile = `${scenario.replace(' ', '-')}.cpuprofile`;
  const flags = profiles === undefined ? [] : profileFlags(profiles, profile);
  const start = (name: Measured) => startTarget(name, world.environment, { flags: name === 'taskapp' ? flags : [] });
  const targets = await Promise.all(TARGETS.map(async (name) => ({ name, target: await start(name) })));
  let since = 0;
  try {
    for (const { target } of targets) await warmUp(world, target, { scenario, round: 0, ...extent });
    since = profileClock();
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, target } of targets)
        found[name].push(await measureOnce(world, target, { scenario, round, ...extent }));
    }
  } finally {
    await Promise.all(targets.map(({ target }) => target.stop()));
  }
  if (profiles !== undefined) process.stdout.write(`${await summarize(join(profiles, profile), since)}\n\n`);
  return found;
}

type Once = Omit<Extent, 'rounds' | 'profiles'> & { readonly scenario: ScenarioName; readonly round: number };

async function warmUp(world: BenchWorld, { port }: Target, { scenario, connections, seconds }: Once): Promise<void> {
  await runLoad({ ...planOf(world, scenario), port, connections, run: 0, seconds: Math.max(seconds, WARM_UP_SECONDS) });
}

async function measureOnce(
  world: BenchWorld,
  target: Target,
  { scenario, round, ...extent }: Once,
): Promise<Measurement> {
  // What the round before has cached is of no use to a page that nobody has asked for.
  if (scenario === 'uncached list') await world.forgetLists();
  const before = await cpuMs(target.pid);
  const result = await runLoad({ ...planOf(world, scenario), ...extent, port: target.port, run: round + 1 });
  const used = (await cpuMs(target.pid)) - before;
  const odd = Object.entries(result.statuses).filter(([status]) => !EXPECTED.has(status));
  if (odd.length > 0) throw new Error(`${target.name}, ${scenario}: ${odd.map((pair) => pair.join(' × ')).join(', ')}`);
  return { ...result, cpuUs: (used * 1000) / result.requests };
}

const planOf = ({ size, tokens }: BenchWorld, scenario: ScenarioName) => ({ scenario, size, tokens });

/** The middle value, the smallest and the largest. */
export function spread(values: readonly number[]): {
  readonly median: number;
  readonly min: number;
  readonly max: number;
} {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { median: at(0.5), min: at(0), max: at(1) };
}
