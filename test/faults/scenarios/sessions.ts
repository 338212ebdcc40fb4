import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, send } from '../client/http.ts';
import { login, post, refresh, register, type Session } from '../client/session.ts';
import { describe, race, tallyOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';

const PARALLEL = 50;

const statusesOf = (answers: readonly Answer[]) => tallyOf(answers.map(({ status }) => status));

const parallelRegistrations: Scenario = {
  id: 'F-40',
  title: `${PARALLEL} registrations of one address at once`,
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    for (let rounds = pick(3, 100); rounds > 0; rounds -= 1) {
      const address = `race-${randomUUID()}@example.com`;
      const variants = [address, address.toUpperCase(), `  ${address}`, `${address} `];
      const answers = await race(world, PARALLEL, (port, index) =>
        post(port, 'register', { email: variants[index % variants.length], password: 'Aa1-race-race', name: 'Racer' }),
      );
      row.injections += PARALLEL;
      const counts = statusesOf(answers);
      // The hash workers may have their hands full; that is no account.
      const others = Object.keys(counts).filter((status) => !['201', '409', '503'].includes(status));
      expect(counts[201] === 1 && others.length === 0, `registrations: ${describe(counts)}`);
      const [stored] = await cluster.postgres.admin<{ n: number }>(
        'select count(*)::int as n from taskapp.users where email_key = $1',
        [address],
      );
      expect(stored?.n === 1, `${stored?.n} accounts of one address`);
    }
  },
};

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

/** Ways to end a session while it is being refreshed. */
const ENDINGS = {
  logout: (port: number, { accessToken }: Session) => post(port, 'logout', {}, accessToken),
  everywhere: (port: number, { accessToken }: Session) => post(port, 'logout-all', {}, accessToken),
  deletion: (port: number, { accessToken, password }: Session) =>
    send({ port, method: 'DELETE', path: '/api/users/me', token: accessToken, body: { currentPassword: password } }),
};

const endedWhileRefreshing: Scenario = {
  id: 'F-45',
  title: 'refresh while the session is ended: logout, logout everywhere, account deleted',
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    const [first, second] = cluster.nodes;
    for (let rounds = pick(3, 100); rounds > 0; rounds -= 1) {
      for (const [name, end] of Object.entries(ENDINGS)) {
        const session = await register(first.port, cluster.canary);
        const [refreshed, ended] = await Promise.all([
          refresh(second.port, session.refreshToken),
          end(first.port, session),
        ]);
        row.injections += 1;
        expect(refreshed.status === 200 || refreshed.status === 401, `refresh during ${name}: ${refreshed.status}`);
        expect(ended.status === 204, `${name} during a refresh: ${ended.status} ${ended.body?.code}`);
        const tokens = refreshed.status === 200 ? refreshed.body : session;
        const again = await refresh(second.port, tokens.refreshToken);
        const used = await send({ port: second.port, method: 'GET', path: '/api/users/me', token: tokens.accessToken });
        expect(
          again.status === 401 && used.status === 401,
          `after ${name}: refresh ${again.status}, access ${used.status}`,
        );
      }
    }
  },
};

const deletedAccount: Scenario = {
  id: 'F-51',
  title: 'account deleted while it is used',
  isLongOnly: true,
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    for (let rounds = pick(3, 100); rounds > 0; rounds -= 1) {
      const user = await register(cluster.nodes[0].port, cluster.canary);
      const answers = await race(world, 20, (port, index) =>
        index === 10
          ? ENDINGS.deletion(port, user)
          : send({
              port,
              method: index % 3 === 0 ? 'GET' : 'POST',
              path: '/api/tasks',
              token: user.accessToken,
              ...(index % 3 !== 0 && { body: { title: 'last words' } }),
            }),
      );
      row.injections += 1;
      const counts = statusesOf(answers);
      expect(
        Object.keys(counts).every((status) => ['200', '201', '204', '401', '403', '404'].includes(status)),
        `answers: ${describe(counts)}`,
      );
      const [left] = await cluster.postgres.admin<{ n: number }>(
        `select (select count(*) from taskapp.users where id = $1) + (select count(*) from taskapp.workspaces where owner_id = $1)
          + (select count(*) from taskapp.sessions where user_id = $1) + (select count(*) from taskapp.tasks where creator_id = $1) as n`,
        [user.id],
      );
      expect(Number(left?.n) === 0, `${left?.n} rows of a deleted account`);
      const again = await login(cluster.nodes[1].port, user);
      expect(again.status === 401, `a deleted account signs in: ${again.status}`);
    }
  },
};

export const sessions: readonly Scenario[] = [
  parallelRegistrations,
  parallelRefreshes,
  lossyRefreshes,
  thief,
  endedWhileRefreshing,
  deletedAccount,
];
