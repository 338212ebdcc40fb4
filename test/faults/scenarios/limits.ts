import { setTimeout as sleep } from 'node:timers/promises';
import { send } from '../client/http.ts';
import { login, register } from '../client/session.ts';
import { describe, race, tallyOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';

const LIMIT = 60;
const WAVE = 20;
const LOGINS = 8;

const sharedLimits: Scenario = {
  id: 'F-55',
  title: 'limits on two nodes: exact with Redis, never lifted without it',
  run: async (world) => {
    const { cluster, row, expect, note } = world;
    const restart = async (settings: Record<string, string>) => {
      await Promise.all(cluster.nodes.map((node) => node.end('SIGTERM')));
      await Promise.all(cluster.nodes.map((node) => node.start(settings)));
    };
    // A new Redis and new processes: what earlier scenarios spent is forgotten.
    await cluster.replaceRedis();
    await restart({ RATE_LIMIT_USER_MAX: `${LIMIT}`, RATE_LIMIT_LOGIN_MAX: `${LOGINS}` });
    // Both nodes have talked to Redis before it counts.
    await sleep(500);
    const session = await register(cluster.nodes[0].port, cluster.canary);
    const burst = async (count: number) => {
      const statuses: number[] = [];
      // In waves: a process that is busy for longer than Redis may take counts by itself.
      for (let sent = 0; sent < count; sent += WAVE) {
        const answers = await race(world, WAVE, (port) =>
          send({ port, method: 'GET', path: '/api/users/me', token: session.accessToken }),
        );
        statuses.push(...answers.map(({ status }) => status));
      }
      return tallyOf(statuses);
    };
    const healthy = await burst(pickBurst(world));
    note(`with Redis ${describe(healthy)}`);
    expect(healthy[200] === LIMIT, `${healthy[200] ?? 0} of a budget of ${LIMIT} were let through`);
    await cluster.redis().kill('SIGKILL');
    row.injections += 1;
    const broken = await burst(100);
    note(`Redis killed, same window: ${describe(broken)}`);
    expect((broken[200] ?? 0) <= LIMIT && (broken[503] ?? 0) === 0, `without Redis: ${describe(broken)}`);
    const guesses = await race(world, 60, (port) => login(port, { email: session.email, password: 'Wrong-1234' }));
    const counts = tallyOf(guesses.map(({ status }) => status));
    expect((counts[401] ?? 0) <= 2 * LOGINS && (counts[429] ?? 0) > 0, `logins without Redis: ${describe(counts)}`);
    await cluster.replaceRedis();
    await restart({ RATE_LIMIT_USER_MAX: '1000000', RATE_LIMIT_LOGIN_MAX: '1000000' });
  },
};

const pickBurst = ({ pick }: World) => pick(200, 500);

export const limits: readonly Scenario[] = [sharedLimits];
