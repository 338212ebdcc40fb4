import { login, post, refresh, register } from '../client/session.ts';
import type { Scenario, World } from '../scenario.ts';

/** Sets the clock of a session's last rotation back, or its generation, as a restored backup would. */
const alter = ({ cluster }: World, user: string, change: string) =>
  cluster.postgres.admin(`update taskapp.sessions set ${change} where user_id = $1`, [user]);

async function reasonOf({ cluster }: World, user: string): Promise<string | null> {
  const [row] = await cluster.postgres.admin<{ reason: string | null }>(
    'select revoke_reason as reason from taskapp.sessions where user_id = $1',
    [user],
  );
  return row?.reason ?? null;
}

/** A session that has been refreshed twice, and its three refresh tokens, the oldest first. */
async function createChain({ cluster }: World) {
  const [first, second] = cluster.nodes;
  const session = await register(first.port, cluster.canary);
  const tokens = [session.refreshToken];
  for (const port of [first.port, second.port]) {
    const { body } = await refresh(port, tokens.at(-1) as string);
    tokens.push(body.refreshToken);
  }
  return { session, tokens: tokens as [string, string, string] };
}

type Chain = Awaited<ReturnType<typeof createChain>>;

/** What may be sent, how it is prepared, and what the session is revoked for afterwards; null: it lives on. */
const CASES: Readonly<Record<string, { prepare(world: World, chain: Chain): Promise<string>; reason: string | null }>> =
  {
    'the predecessor after its grace': {
      prepare: async (world, { session, tokens }) => {
        await alter(world, session.id, "rotated_at = rotated_at - interval '1 minute'");
        return tokens[1];
      },
      reason: 'refresh_reuse',
    },
    'the grandparent inside the grace': { prepare: async (_world, { tokens }) => tokens[0], reason: 'refresh_reuse' },
    'the predecessor of an ended session inside the grace': {
      prepare: async ({ cluster }, { session, tokens }) => {
        await post(cluster.nodes[0].port, 'logout', {}, session.accessToken);
        return tokens[1];
      },
      reason: 'logout',
    },
    'a generation that the database has not reached': {
      prepare: async (world, { session, tokens }) => {
        await alter(world, session.id, 'generation = generation - 1');
        return tokens[2];
      },
      reason: null,
    },
  };

const wrongGenerations: Scenario = {
  id: 'F-44',
  title: 'refresh tokens of other generations: too old, of an ended session, from the future',
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    const { port } = cluster.nodes[1];
    for (let rounds = pick(2, 20); rounds > 0; rounds -= 1) {
      for (const [name, { prepare, reason }] of Object.entries(CASES)) {
        const chain = await createChain(world);
        const token = await prepare(world, chain);
        const { status } = await refresh(port, token);
        row.injections += 1;
        const found = await reasonOf(world, chain.session.id);
        expect(status === 401, `${name} was answered ${status}`);
        expect(found === reason, `after ${name} the session is ${found ?? 'alive'}, not ${reason ?? 'alive'}`);
        const again = await login(port, chain.session);
        expect(again.status === 200, `after ${name} the owner signs in: ${again.status}`);
      }
    }
  },
};

export const generations: readonly Scenario[] = [wrongGenerations];
