import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bigUserGoals } from './goals/big-user.ts';
import { cacheGoals } from './goals/cache.ts';
import { type Goal, isGross, verdictOf } from './goals/goal.ts';
import { growthGoals } from './goals/growth.ts';
import { listGoals } from './goals/lists.ts';
import { loginStormGoals } from './goals/login-storm.ts';
import { commandGoals, serverGoals } from './goals/process.ts';
import { soakGoals } from './goals/soak.ts';
import { throughputGoals } from './goals/throughput.ts';
import { workerGoals } from './goals/workers.ts';
import type { ScenarioName } from './load/requests.ts';
import { type Measurements, measureScenario } from './measure.ts';
import { formatFindings, writeFindings } from './report.ts';
import { type BenchWorld, startWorld } from './world/world.ts';

const { values: given } = parseArgs({
  options: {
    /** Less data, one short round. */
    short: { type: 'boolean', default: false },
    /** Parts by the beginnings of their names: `--only get --only cached`. */
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    /** Keeps all measurements in a file. */
    json: { type: 'string' },
    /** Fails only on what is missed by far, for machines that others use as well. */
    gross: { type: 'boolean', default: false },
    /** Writes CPU profiles of taskapp to `bench/profiles`, and tells where the time goes. Its figures pay for that. */
    profile: { type: 'boolean', default: false },
    /** How long the soak takes. */
    minutes: { type: 'string', default: '10' },
    /** Puts the tables into docs/performance.md. */
    write: { type: 'boolean', default: false },
  },
});

const isWanted = (name: string) => given.only.length === 0 || given.only.some((part) => name.startsWith(part));
const SCENARIOS: readonly ScenarioName[] = ['cached list', 'uncached list', 'get', 'patch', 'create', 'mix'];
const SIZE = given.short ? { users: 200, tasksPerUser: 60 } : { users: 2000, tasksPerUser: 150 };
const MANY = given.short ? 100_000 : 1_000_000;
const extent = {
  rounds: Number(given.rounds ?? (given.short ? 3 : 7)),
  seconds: Number(given.seconds ?? (given.short ? 2 : 4)),
  connections: 32,
  profiles: given.profile ? fileURLToPath(new URL('profiles', import.meta.url)) : undefined,
};

const scenarios: Partial<Record<ScenarioName, Measurements>> = {};
const goals: Goal[] = [];

/** Parts that share the large database, and those that bring their own. */
const PARTS: Readonly<Record<string, (world: BenchWorld) => Promise<Goal[]>>> = {
  workers: (world) => workerGoals(world, extent),
  'login storm': loginStormGoals,
  'big user': bigUserGoals,
  server: serverGoals,
  command: commandGoals,
};

/** Parts that answer a question of their own, and run only where they are asked for. */
const ON_DEMAND: typeof PARTS = {
  cache: (world) => cacheGoals(world, extent),
  soak: (world) => soakGoals(world, extent, Number(given.minutes)),
};

function say(found: readonly Goal[]): void {
  goals.push(...found);
  for (const goal of found) {
    const { title, wanted, measured, unmeasurable } = goal;
    const why = unmeasurable === undefined ? '' : `; ${unmeasurable}`;
    process.stdout.write(`${verdictOf(goal).padEnd(6)}  ${title}: ${measured} (${wanted}${why})\n`);
  }
}

async function runAll(): Promise<void> {
  const world = await startWorld(SIZE);
  try {
    for (const scenario of SCENARIOS.filter(isWanted)) {
      scenarios[scenario] = await measureScenario(world, scenario, extent);
      say(throughputGoals(scenario, scenarios[scenario]));
    }
    for (const [name, measure] of Object.entries(PARTS)) if (isWanted(name)) say(await measure(world));
    for (const name of given.only) for (const goal of (await ON_DEMAND[name]?.(world)) ?? []) say([goal]);
  } finally {
    await world.stop();
  }
  if (isWanted('growth')) say(await growthGoals(MANY));
  if (isWanted('lists')) say(await listGoals(MANY));
}

await runAll();
process.stdout.write(`\n${formatFindings({ scenarios, goals })}\n`);
if (given.json) await writeFile(given.json, JSON.stringify({ scenarios, goals }, null, 2));
if (given.write) await writeFindings({ scenarios, goals });
const isMissed = given.gross ? isGross : (goal: Goal) => verdictOf(goal) === 'MISSES';
process.exit(goals.some(isMissed) ? 1 : 0);
