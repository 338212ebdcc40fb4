import { type Body, send } from '../client/http.ts';
import { register, type Session } from '../client/session.ts';
import type { Scenario, World } from '../scenario.ts';

const ask = (port: number, { accessToken: token }: Session, method: string, path: string, body?: Body) =>
  send({ port, method, path: `/api${path}`, token, body });

/** Reads all pages and returns the ids in their order. */
async function walk(port: number, session: Session, betweenPages: () => Promise<unknown>): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await ask(
      port,
      session,
      'GET',
      `/tasks?limit=5${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    ids.push(...body.tasks.map(({ id }: Body) => id));
    cursor = body.pagination.nextCursor;
    await betweenPages();
  }
  return ids;
}

const cursorWalk: Scenario = {
  id: 'F-53',
  title: 'pages read by cursor while tasks come and go',
  isLongOnly: true,
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    const [reader, writer] = cluster.nodes;
    for (let rounds = pick(2, 10); rounds > 0; rounds -= 1) {
      const session = await register(reader.port, cluster.canary);
      const kept = new Set<string>();
      const doomed: string[] = [];
      for (let n = 0; n < 40; n += 1) {
        const { body } = await ask(writer.port, session, 'POST', '/tasks', { title: `task ${n}` });
        if (n % 2 === 0) kept.add(body.id);
        else doomed.push(body.id);
      }
      const seen = await walk(reader.port, session, async () => {
        await ask(writer.port, session, 'POST', '/tasks', { title: 'new' });
        const victim = doomed.pop();
        if (victim) await ask(writer.port, session, 'DELETE', `/tasks/${victim}`);
        row.injections += 2;
      });
      expect(new Set(seen).size === seen.length, 'a task was on two pages');
      const missed = [...kept].filter((id) => !seen.includes(id));
      expect(missed.length === 0, `${missed.length} tasks that were there all the time were on no page`);
    }
  },
};

/** What may happen to Redis between a write on one node and a read on the other. */
const DISTURBANCES: readonly ((world: World) => void)[] = [
  () => undefined,
  ({ cluster }) => cluster.network.redis.set({ kind: 'blackhole' }),
  ({ cluster }) => cluster.network.redis.heal(),
  ({ cluster }) => cluster.network.redis.set({ kind: 'reset' }),
  ({ cluster }) => cluster.network.redis.heal(),
];

const staleLists: Scenario = {
  id: 'F-54',
  title: 'lists read on one node right after a write on the other, Redis coming and going',
  run: async (world) => {
    const { cluster, row, expect, pick } = world;
    const session = await register(cluster.nodes[0].port, cluster.canary);
    const { body: task } = await ask(cluster.nodes[0].port, session, 'POST', '/tasks', { title: 'read me' });
    for (let version = 2; version < pick(100, 2000); version += 1) {
      const [writer, reader] = version % 2 === 0 ? cluster.nodes : [cluster.nodes[1], cluster.nodes[0]];
      if (version % 20 === 0) DISTURBANCES[(version / 20) % DISTURBANCES.length]?.(world);
      const written = await ask(writer.port, session, 'PATCH', `/tasks/${task.id}`, { description: `v${version}` });
      const { body, status } = await ask(reader.port, session, 'GET', '/tasks');
      row.operations += 1;
      if (written.status === 200) row.acked += 1;
      const isCurrent = status === 200 && body.tasks[0]?.version === version;
      if (!isCurrent) row.staleLists += 1;
      expect(
        isCurrent,
        `version ${body?.tasks?.[0]?.version} (${status}) was listed after ${version} was acknowledged (${written.status})`,
      );
      if (!isCurrent) break;
    }
    row.injections += Math.floor(row.operations / 20);
  },
};

export const lists: readonly Scenario[] = [cursorWalk, staleLists];
