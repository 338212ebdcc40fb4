import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { send } from '../client/http.ts';
import { refresh, register, type Session } from '../client/session.ts';
import { describe, race, statusesOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';

const PARALLEL = 50;

const parallelRefreshes: Scenario = {
  id: 'F-41',
  title: `${PARALLEL} refreshes of one token on two nodes; replayed after the grace`,
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    const used: Session[] = [];
    for (let rounds = pick(3, 100); rounds > 0; rounds -= 1) {
      const session = await register(cluster.nodes[0].port, cluster.canary);
      const answers = await race(world, PARALLEL, (port) => refresh(port, session.refreshToken));
      row.injections += PARALLEL;
      const successors = new Set(answers.map(({ body }) => body?.refreshToken));
      const counts = statusesOf(answers);
      expect(counts[200] === PARALLEL, `refreshes: ${describe(counts)}`);
      expect(successors.size === 1, `${successors.size} successors of one token`);
      const [stored] = await cluster.postgres.admin<{ generation: number }>(
        'select generation from taskapp.sessions where user_id = $1',
        [session.id],
      );
      expect(stored?.generation === 1, `the session moved on ${stored?.generation} times`);
      used.push({ ...session, refreshToken: session.refreshToken });
    }
    await replayAfterGrace(world, used);
  },
};

/** With a grace of nothing every predecessor comes too late. */
async function replayAfterGrace({ cluster, expect }: World, used: readonly Session[]): Promise<void> {
  const [node] = cluster.nodes;
  await node.end('SIGTERM');
  await node.start({ REFRESH_GRACE_SECONDS: '0' });
  for (const { id, refreshToken, accessToken } of used) {
    const { status, body } = await refresh(node.port, refreshToken);
    expect(status === 401 && body.code === 'auth.refresh_reused', `a replay was answered ${status} ${body.code}`);
    const [stored] = await cluster.postgres.admin<{ reason: string }>(
      'select revoke_reason as reason from taskapp.sessions where user_id = $1',
      [id],
    );
    expect(stored?.reason === 'refresh_reuse', `after a replay the session is ${stored?.reason ?? 'alive'}`);
    const after = await send({ port: cluster.nodes[1].port, method: 'GET', path: '/api/users/me', token: accessToken });
    expect(after.status === 401, `after a replay the access token is answered ${after.status}`);
  }
  await node.end('SIGTERM');
  await node.start({ REFRESH_GRACE_SECONDS: '30' });
}

const lossyRefreshes: Scenario = {
  id: 'F-42',
  title: 'a chain of refreshes of which every third answer is lost',
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    const session = await register(cluster.nodes[0].port, cluster.canary);
    let token = session.refreshToken;
    for (let cycles = pick(60, 1000); cycles > 0; cycles -= 1) {
      const { status, body } = await refresh(cluster.nodes[cycles % 2 === 0 ? 0 : 1].port, token);
      if (status !== 200) return expect(false, `logged out: ${status} ${body?.code}`);
      const isLost = randomInt(3) === 0;
      if (isLost) row.injections += 1;
      else token = body.refreshToken;
    }
  },
};

const thief: Scenario = {
  id: 'F-43',
  title: 'owner and thief refresh in turn, beyond the grace',
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    const [node] = cluster.nodes;
    await node.end('SIGTERM');
    await node.start({ REFRESH_GRACE_SECONDS: '1' });
    for (let rounds = pick(1, 20); rounds > 0; rounds -= 1) {
      const owner = await register(node.port, cluster.canary);
      const stolen = owner.refreshToken;
      const own = await refresh(node.port, stolen);
      await sleep(1100);
      const theft = await refresh(node.port, stolen);
      row.injections += 1;
      expect(own.status === 200 && theft.status === 401, `owner ${own.status}, thief ${theft.status}`);
      const next = await refresh(node.port, own.body.refreshToken);
      expect(next.status === 401, `the session lives on after a theft: ${next.status}`);
      const [event] = await cluster.postgres.admin<{ n: number }>(
        `select count(*)::int as n from taskapp.events where type = 'session.revoked' and changes->'reason'->>'to' = 'refresh_reuse'
         and changes->'userId'->>'from' = $1`,
        [owner.id],
      );
      expect(event?.n === 1, `${event?.n} events about a theft`);
    }
    await node.end('SIGTERM');
    await node.start({ REFRESH_GRACE_SECONDS: '30' });
  },
};

export const sessions: readonly Scenario[] = [parallelRefreshes, lossyRefreshes, thief];
