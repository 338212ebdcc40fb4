import { runLoad } from '../load/load.ts';
import type { ScenarioName } from '../load/requests.ts';
import { type Extent, spread } from '../measure.ts';
import { startTarget, type Target } from '../servers/target.ts';
import { cpuMs } from '../world/processes.ts';
import type { BenchWorld } from '../world/world.ts';
import { compare, type Goal } from './goal.ts';

const SCENARIOS: readonly ScenarioName[] = ['cached list', 'mix'];
const LAYERS = ['process redis', 'process', 'redis', ''] as const;
type Layers = (typeof LAYERS)[number];
const WARM_UP_SECONDS = 4;

interface Round {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** Where lists came from, as the server counts it. */
interface Sources {
  readonly process: number;
  readonly redis: number;
  readonly database: number;
}

/** What each layer of the cache is good for: every scenario with all of them, with one, and without any. */
export async function cacheGoals(world: BenchWorld, extent: Extent): Promise<Goal[]> {
  const goals: Goal[] = [];
  process.stdout.write(
    'scenario, layers: requests/s, CPU a request in µs; lists from the process, Redis, PostgreSQL\n',
  );
  for (const scenario of SCENARIOS) {
    const found = await measureLayers(world, scenario, extent);
    const gain = (from: Layers, of: keyof Round) =>
      spread(found['process redis'].map((round, at) => round[of] / (found[from][at] ?? round)[of])).median;
    goals.push(
      compare(`${scenario}: requests a second with the cache, of those without`, gain('', 'perSecond'), { min: 1 }),
      compare(`${scenario}: the same, of those without that of the process`, gain('redis', 'perSecond'), { min: 1 }),
    );
  }
  await tellSharing(world, extent);
  return goals;
}

type Plan = Omit<Extent, 'rounds'> & { readonly scenario: ScenarioName; readonly run: number };

async function measureLayers(world: BenchWorld, scenario: ScenarioName, { rounds, ...extent }: Extent) {
  const found: Record<Layers, Round[]> = { 'process redis': [], process: [], redis: [], '': [] };
  const targets = await Promise.all(LAYERS.map((layers) => start(world, layers)));
  try {
    for (const { port } of targets) await load(world, port, { scenario, run: 0, ...extent, seconds: WARM_UP_SECONDS });
    const before = await Promise.all(targets.map(sourcesOf));
    for (let run = 1; run <= rounds; run += 1) {
      for (const [at, target] of targets.entries())
        found[LAYERS[at] ?? ''].push(await measureOne(world, target, { scenario, run, ...extent }));
    }
    for (const [at, target] of targets.entries()) {
      const layers = LAYERS[at] ?? '';
      const middle = (of: keyof Round) => spread(found[layers].map((round) => round[of])).median.toFixed(0);
      const shares = describe(await sourcesOf(target), before[at]);
      const figures = `${middle('perSecond')}, ${middle('cpuUs')}; ${shares}`;
      process.stdout.write(`${scenario}, ${layers || 'none'}: ${figures}\n`);
    }
  } finally {
    await Promise.all(targets.map(({ stop }) => stop()));
  }
  return found;
}

const start = (world: BenchWorld, layers: Layers): Promise<Target> =>
  startTarget('layers', { ...world.environment, LAYERS: layers });

const load = ({ size, tokens }: BenchWorld, port: number, plan: Plan) => runLoad({ ...plan, size, tokens, port });

async function measureOne(world: BenchWorld, { pid, port }: Target, plan: Plan): Promise<Round> {
  const before = await cpuMs(pid);
  const { perSecond, requests } = await load(world, port, plan);
  return { perSecond, cpuUs: ((await cpuMs(pid)) - before) * (1000 / requests) };
}

/** Where the lists of two servers come from while both serve the same users, and what a new server finds. */
async function tellSharing(world: BenchWorld, { seconds, connections }: Extent): Promise<void> {
  const plan = { scenario: 'mix', seconds, connections: connections / 2 } as const;
  const targets = [await start(world, 'process redis'), await start(world, 'process redis')];
  const late = await start(world, 'process redis');
  try {
    await Promise.all(targets.map(({ port }, at) => load(world, port, { ...plan, run: 100 + at })));
    for (const target of targets)
      process.stdout.write(`mix, one of two servers: ${describe(await sourcesOf(target))}\n`);
    await load(world, late.port, { ...plan, run: 102 });
    process.stdout.write(`mix, a server that has just started: ${describe(await sourcesOf(late))}\n`);
  } finally {
    await Promise.all([...targets, late].map(({ stop }) => stop()));
  }
}

async function sourcesOf({ port }: Target): Promise<Sources> {
  const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
  const count = (what: string) => Number(new RegExp(`what="${what}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  return { process: count('cache_hit'), redis: count('cache_shared_hit'), database: count('cache_miss') };
}

function describe(now: Sources, before: Sources = { process: 0, redis: 0, database: 0 }): string {
  const counts = [now.process - before.process, now.redis - before.redis, now.database - before.database];
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return 'not counted';
  return counts.map((count) => `${((100 * count) / all).toFixed(0)} %`).join(', ');
}
