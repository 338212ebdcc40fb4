import { randomUUID } from 'node:crypto';
import { send } from '../client/http.ts';
import { fromAnywhere, login, post, register, removeAccount } from '../client/session.ts';
import { describe, race, statusesOf } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const PARALLEL = 50;

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
      const others = Object.keys(counts).filter((status) => !['201', '409', '429', '503'].includes(status));
      expect(counts[201] === 1 && others.length === 0, `registrations: ${describe(counts)}`);
      const [stored] = await cluster.postgres.admin<{ n: number }>(
        'select count(*)::int as n from taskapp.users where email_key = $1',
        [address],
      );
      expect(stored?.n === 1, `${stored?.n} accounts of one address`);
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
          ? removeAccount(port, user)
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
        Object.keys(counts).every((status) => ['200', '201', '204', '401', '403', '404', '429'].includes(status)),
        `answers: ${describe(counts)}`,
      );
      const [left] = await cluster.postgres.admin<{ n: number }>(
        `select (select count(*) from taskapp.users where id = $1) + (select count(*) from taskapp.workspaces where owner_id = $1)
          + (select count(*) from taskapp.sessions where user_id = $1) + (select count(*) from taskapp.tasks where creator_id = $1) as n`,
        [user.id],
      );
      expect(Number(left?.n) === 0, `${left?.n} rows of a deleted account`);
      const again = await login(cluster.nodes[1].port, user, fromAnywhere());
      expect(again.status === 401, `a deleted account signs in: ${again.status}`);
    }
  },
};

export const accounts: readonly Scenario[] = [parallelRegistrations, deletedAccount];
