import { medianLatency } from '../load/latency.ts';
import { runLoad } from '../load/load.ts';
import type { ScenarioName } from '../load/requests.ts';
import { startTarget } from '../servers/target.ts';
import { addUsers, idOf, type Size } from '../world/data.ts';
import type { BenchWorld } from '../world/world.ts';
import { startWorld } from '../world/world.ts';
import { compare, type Goal } from './goal.ts';

const FEW: Size = { users: 100, tasksPerUser: 100 };
const WITHIN = 1.3;
const REPEATS = 300;

type Times = Readonly<Record<'list' | 'get' | 'create' | 'filter', number>>;

/** The same user's requests take as long among many tasks of others as among few. */
export async function growthGoals(many: number): Promise<Goal[]> {
  const world = await startWorld(FEW);
  try {
    const few = await timesIn(world);
    await addUsers(world.databaseUrl, [FEW.users + 1, Math.ceil(many / FEW.tasksPerUser)], FEW.tasksPerUser);
    const all = await timesIn(world);
    const title = (name: string) => `${name} among ${many.toLocaleString('en')} tasks, of that among 10,000`;
    return (Object.keys(few) as (keyof Times)[]).map((name) =>
      compare(title(name), all[name] / few[name], { max: WITHIN }),
    );
  } finally {
    await world.stop();
  }
}

async function timesIn(world: BenchWorld): Promise<Times> {
  const target = await startTarget('taskapp', { ...world.environment });
  const user = (n: number) => 1 + (n % FEW.users);
  const ask = (path: (n: number) => string) =>
    medianLatency(REPEATS, (n) => ({ port: target.port, token: world.tokenOf(user(n)), path: path(n) }));
  try {
    await warmUp(world, target.port);
    return {
      list: await ask((n) => `/api/tasks?limit=${20 - (Math.floor(n / FEW.users) % 10)}`),
      get: await ask((n) => `/api/tasks/${idOf('task', user(n), 1 + (n % FEW.tasksPerUser))}`),
      create: 1000 / (await rate(world, target.port, 'create')),
      filter: await ask((n) => `/api/tasks?status=DONE&priority=HIGH&limit=${20 - (Math.floor(n / FEW.users) % 10)}`),
    };
  } finally {
    await target.stop();
  }
}

async function rate(world: BenchWorld, port: number, scenario: ScenarioName, run = 1): Promise<number> {
  const job = { scenario, size: FEW, tokens: world.tokens, port, run, seconds: 4, connections: 8 };
  return (await runLoad(job)).perSecond;
}

async function warmUp(world: BenchWorld, port: number): Promise<void> {
  for (const scenario of ['mix', 'create'] as const) await rate(world, port, scenario, 0);
}
