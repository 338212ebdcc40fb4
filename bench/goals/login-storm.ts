import { runLoad } from '../load/load.ts';
import { startTarget } from '../servers/target.ts';
import type { BenchWorld } from '../world/world.ts';
import { compare, type Goal } from './goal.ts';

const LOGINS = 8;
const PASSWORD = 'Password123';
const CALM_RATE = 200;
const SECONDS = 8;
const WITHIN = 2;

/** Sign-ins take their time in threads of their own: other requests hardly notice. */
export async function loginStormGoals(world: BenchWorld): Promise<Goal[]> {
  const target = await startTarget('taskapp', { ...world.environment, BCRYPT_COST: '12', TRUST_PROXY: '1' });
  const url = `http://127.0.0.1:${target.port}/api/auth/`;
  const post = (path: string, index: number, body: object) =>
    fetch(url + path, {
      method: 'POST',
      // Everybody from a network of their own.
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.0.${index}.1` },
      body: JSON.stringify({ email: `storm-${index}@example.com`, password: PASSWORD, ...body }),
    });
  const { tokens } = world;
  const job = {
    scenario: 'get',
    size: world.size,
    tokens,
    port: target.port,
    connections: 8,
    rate: CALM_RATE,
  } as const;
  const callers = Array.from({ length: LOGINS }, (_, index) => index);
  let isOver = false;
  let signedIn = 0;
  const storm = async (index: number) => {
    while (!isOver) if ((await post('login', index, {})).ok) signedIn += 1;
  };
  try {
    for (const index of callers) await post('register', index, { name: 'Storm' });
    await runLoad({ ...job, run: 0, seconds: SECONDS });
    const calm = await runLoad({ ...job, run: 1, seconds: SECONDS });
    const storms = callers.map(storm);
    const stormy = await runLoad({ ...job, run: 2, seconds: SECONDS });
    isOver = true;
    await Promise.all(storms);
    if (signedIn === 0) throw new Error('Nobody could sign in during the storm');
    return [compare(`p99 beside ${LOGINS} sign-ins at once, of the calm one`, stormy.p99 / calm.p99, { max: WITHIN })];
  } finally {
    await target.stop();
  }
}
