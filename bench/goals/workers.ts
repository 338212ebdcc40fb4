import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad } from '../load/load.ts';
import type { ScenarioName } from '../load/requests.ts';
import { type Extent, spread } from '../measure.ts';
import { startTarget, type Target } from '../servers/target.ts';
import { cpuMsOfAll, OTHER_CORE, SERVER_CORE } from '../world/processes.ts';
import type { BenchWorld } from '../world/world.ts';
import { compare, type Goal } from './goal.ts';

const SCENARIOS: readonly ScenarioName[] = ['cached list', 'get'];
const TIMES = 1.7;
/** Twice the cores serve 1.7 times as much where a request costs 2 / 1.7 times as much. */
const COST = 1.18;
/** One core for the load, one for PostgreSQL and Redis, one for each worker. */
const CORES_NEEDED = 4;
const WARM_UP_SECONDS = 5;

/** Where the servers run, and where the load comes from. */
const layout =
  availableParallelism() >= CORES_NEEDED
    ? { one: '2', two: '2,3', load: SERVER_CORE }
    : { one: `${SERVER_CORE}`, two: `${SERVER_CORE},${OTHER_CORE}`, load: OTHER_CORE };

interface Round {
  readonly perSecond: number;
  /** Of the workers and their primary. */
  readonly cpuUs: number;
}

/**
 * Two workers serve nearly twice as much as one, which takes cores that nobody else uses. What can be told on any
 * machine is what a request costs: where that stays the same, cores are what limits the number of workers.
 */
export async function workerGoals(world: BenchWorld, extent: Extent): Promise<Goal[]> {
  const one = await startTarget('taskapp', { ...world.environment, WORKERS: '1' }, { cores: layout.one });
  const two = await startTarget('taskapp', { ...world.environment, WORKERS: '2' }, { cores: layout.two });
  try {
    await untilBothServe(two);
    const goals: Goal[] = [];
    for (const scenario of SCENARIOS) goals.push(...(await measure(world, { scenario, one, two, extent })));
    return goals;
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
}

interface Plan {
  readonly scenario: ScenarioName;
  readonly one: Target;
  readonly two: Target;
  readonly extent: Extent;
}

async function measure(world: BenchWorld, { scenario, one, two, extent }: Plan): Promise<Goal[]> {
  const { connections, seconds, rounds } = extent;
  const load = async ({ port, pid }: Target, run: number, length = seconds): Promise<Round> => {
    const { size, tokens } = world;
    const before = await cpuMsOfAll(pid);
    const job = { scenario, size, tokens, port, connections, run, seconds: length, core: layout.load };
    const { perSecond, requests } = await runLoad(job);
    return { perSecond, cpuUs: ((await cpuMsOfAll(pid)) - before) * (1000 / requests) };
  };
  for (const target of [one, two]) await load(target, 0, Math.max(seconds, WARM_UP_SECONDS));
  const ratios: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const [alone, together] = [await load(one, round), await load(two, round)];
    ratios.push({ perSecond: together.perSecond / alone.perSecond, cpuUs: together.cpuUs / alone.cpuUs });
  }
  const middle = (of: (round: Round) => number) => spread(ratios.map(of)).median;
  const rate = compare(
    `${scenario}: two workers, requests a second, of one`,
    middle(({ perSecond }) => perSecond),
    {
      min: TIMES,
    },
  );
  const cost = compare(
    `${scenario}: two workers, server CPU a request, of one`,
    middle(({ cpuUs }) => cpuUs),
    {
      max: COST,
    },
  );
  return [isMeasurable ? rate : { ...rate, unmeasurable }, cost];
}

const isMeasurable = availableParallelism() >= CORES_NEEDED;
const unmeasurable = `not measurable here: ${availableParallelism()} cores`;

/** Its metrics are those of all workers that serve. */
async function untilBothServe({ port }: Target): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text());
    if ((answer.match(/^process_start_time_seconds\{/gm) ?? []).length === 2) return;
    await sleep(50);
  }
}
