import { type Answer, send } from '../client/http.ts';
import { post, refresh, register, removeAccount, type Session } from '../client/session.ts';
import type { Scenario, World } from '../scenario.ts';
import { becomeAdmin } from './administrators.ts';

/** One way to end a session; resolves with what the caller was answered. */
type Ending = (port: number, session: Session) => Promise<Answer>;

const NEW_PASSWORD = 'Aa1-changed-while-refreshing';

/** Ways to end a session while it is being refreshed, with the status that says that it is done. */
const createEndings = (admin: Session): Readonly<Record<string, readonly [Ending, done: number]>> => ({
  logout: [(port, { accessToken }) => post(port, 'logout', {}, accessToken), 204],
  everywhere: [(port, { accessToken }) => post(port, 'logout-all', {}, accessToken), 204],
  deletion: [removeAccount, 204],
  disabling: [
    (port, { id }) =>
      send({ port, method: 'PATCH', path: `/api/users/${id}`, token: admin.accessToken, body: { disabled: true } }),
    200,
  ],
});

async function endWhileRefreshing(world: World, name: string, [end, done]: readonly [Ending, number]): Promise<void> {
  const { cluster, row, expect } = world;
  const [first, second] = cluster.nodes;
  const session = await register(first.port, cluster.canary);
  const [refreshed, ended] = await Promise.all([refresh(second.port, session.refreshToken), end(first.port, session)]);
  row.injections += 1;
  expect(refreshed.status === 200 || refreshed.status === 401, `refresh during ${name}: ${refreshed.status}`);
  expect(ended.status === done, `${name} during a refresh: ${ended.status} ${ended.body?.code}`);
  const tokens = refreshed.status === 200 ? refreshed.body : session;
  await expectDead(world, name, tokens);
}

async function expectDead({ cluster, expect }: World, name: string, tokens: Session): Promise<void> {
  const { port } = cluster.nodes[1];
  const again = await refresh(port, tokens.refreshToken);
  const used = await send({ port, method: 'GET', path: '/api/users/me', token: tokens.accessToken });
  expect(again.status === 401 && used.status === 401, `after ${name}: refresh ${again.status}, access ${used.status}`);
}

/** A change of the password keeps the session of whoever changes it, with a new pair, and ends all others. */
async function changePasswordWhileRefreshing(world: World): Promise<void> {
  const { cluster, row, expect } = world;
  const [first, second] = cluster.nodes;
  const mine = await register(first.port, cluster.canary);
  const { body: other } = await post(first.port, 'login', { email: mine.email, password: mine.password });
  const change = { currentPassword: mine.password, newPassword: NEW_PASSWORD };
  const [refreshed, changed] = await Promise.all([
    refresh(second.port, other.refreshToken),
    post(first.port, 'password', change, mine.accessToken),
  ]);
  row.injections += 1;
  expect(refreshed.status === 200 || refreshed.status === 401, `refresh during a new password: ${refreshed.status}`);
  expect(changed.status === 200, `a new password during a refresh: ${changed.status} ${changed.body?.code}`);
  await expectDead(world, 'a new password', refreshed.status === 200 ? refreshed.body : other);
  const kept = await refresh(second.port, changed.body.refreshToken);
  expect(kept.status === 200, `the session that changed the password is answered ${kept.status}`);
}

const endedWhileRefreshing: Scenario = {
  id: 'F-45',
  title: 'refresh while the session is ended: logout, logout everywhere, deleted, disabled, new password',
  run: async (world) => {
    const endings = Object.entries(createEndings(await becomeAdmin(world)));
    for (let rounds = world.pick(3, 100); rounds > 0; rounds -= 1) {
      for (const [name, ending] of endings) await endWhileRefreshing(world, name, ending);
      await changePasswordWhileRefreshing(world);
    }
  },
};

export const endings: readonly Scenario[] = [endedWhileRefreshing];
