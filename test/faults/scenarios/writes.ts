import { randomUUID } from 'node:crypto';
import { type Answer, type Body, send } from '../client/http.ts';
import { register, type Session } from '../client/session.ts';
import { describe, race, tallyOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';

const PARALLEL = 50;

const statusesOf = (answers: readonly Answer[]) => tallyOf(answers.map(({ status }) => status));

/** A user of one node, and a way to send as that user. */
async function enter({ cluster }: World) {
  const session: Session = await register(cluster.nodes[0].port, cluster.canary);
  const ask = (port: number, method: string, path: string, body?: Body, headers?: Record<string, string>) =>
    send({ port, method, path: `/api${path}`, token: session.accessToken, body, ...(headers && { headers }) });
  const here = (method: string, path: string, body?: Body) => ask(cluster.nodes[0].port, method, path, body);
  return { session, ask, here };
}

const sameVersion: Scenario = {
  id: 'F-46',
  title: `${PARALLEL} changes with the same If-Match`,
  run: async (world) => {
    for (let rounds = world.pick(2, 20); rounds > 0; rounds -= 1) {
      const { ask, here } = await enter(world);
      const task = await here('POST', '/tasks', { title: 'contended' });
      world.expect(task.headers.etag !== undefined, 'a created task has no ETag');
      const headers = { 'If-Match': task.headers.etag ?? '"1-x"' };
      const answers = await race(world, PARALLEL, (port, index) =>
        ask(port, 'PATCH', `/tasks/${task.body.id}`, { description: `change ${index}` }, headers),
      );
      world.row.injections += PARALLEL;
      const counts = statusesOf(answers);
      // Whoever waited two seconds for the row is told that it is busy.
      const others = Object.keys(counts).filter((status) => !['200', '412', '409', '503'].includes(status));
      world.expect(counts[200] === 1 && others.length === 0, `changes: ${describe(counts)}`);
      const { body } = await here('GET', `/tasks/${task.body.id}`);
      world.expect(body.version === 2, `the task went to version ${body.version}`);
    }
  },
};

const sameKey: Scenario = {
  id: 'F-47',
  title: `${PARALLEL} times one idempotency key on two nodes; then another body`,
  run: async (world) => {
    for (let rounds = world.pick(2, 20); rounds > 0; rounds -= 1) {
      const { ask, here } = await enter(world);
      const headers = { 'Idempotency-Key': randomUUID() };
      const answers = await race(world, PARALLEL, async (port) => {
        for (;;) {
          const answer = await ask(port, 'POST', '/tasks', { title: 'once' }, headers);
          if (![409, 503].includes(answer.status)) return answer;
        }
      });
      world.row.injections += PARALLEL;
      const bodies = new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`));
      world.expect(bodies.size === 1 && answers[0]?.status === 201, `answers: ${[...bodies].slice(0, 2).join(' | ')}`);
      const { body } = await here('GET', '/tasks');
      world.expect(body.tasks.length === 1, `${body.tasks.length} tasks from one key`);
      const other = await ask(world.cluster.nodes[1].port, 'POST', '/tasks', { title: 'twice' }, headers);
      world.expect(other.status === 422, `another body under the same key was answered ${other.status}`);
    }
  },
};

const sameName: Scenario = {
  id: 'F-49',
  title: `${PARALLEL} tags of one name at once`,
  run: async (world) => {
    for (let rounds = world.pick(2, 20); rounds > 0; rounds -= 1) {
      const { ask, here } = await enter(world);
      const answers = await race(world, PARALLEL, (port, index) =>
        ask(port, 'POST', '/tags', { name: index % 2 === 0 ? 'Home' : 'HOME' }),
      );
      world.row.injections += PARALLEL;
      const counts = statusesOf(answers);
      const others = Object.keys(counts).filter((status) => !['201', '409', '503'].includes(status));
      world.expect(counts[201] === 1 && others.length === 0, `tags: ${describe(counts)}`);
      const { body } = await here('GET', '/tags');
      world.expect(body.tags.length === 1, `${body.tags.length} tags of one name`);
    }
  },
};

const links: Scenario = {
  id: 'F-50',
  title: 'tag attached while the tag, or the task, is deleted',
  run: async (world) => {
    const [first, second] = world.cluster.nodes;
    const { ask, here } = await enter(world);
    for (let rounds = world.pick(20, 400); rounds > 0; rounds -= 1) {
      const tag = await here('POST', '/tags', { name: `t${rounds}` });
      const task = await here('POST', '/tasks', { title: 'linked' });
      const victim = rounds % 2 === 0 ? `/tags/${tag.body.id}` : `/tasks/${task.body.id}`;
      const answers = await Promise.all([
        ask(first.port, 'PATCH', `/tasks/${task.body.id}`, { tagIds: [tag.body.id] }),
        ask(second.port, 'DELETE', victim),
      ]);
      world.row.injections += 1;
      const [attached, deleted] = answers.map(({ status }) => status);
      world.expect(deleted === 204, `deletion: ${deleted}`);
      world.expect([200, 400, 404].includes(attached ?? 0), `attaching: ${attached}`);
    }
    const orphans = await world.cluster.postgres.admin(
      `select 1 from taskapp.task_tags l left join taskapp.tags g on g.id = l.tag_id left join taskapp.tasks t on t.id = l.task_id
       where g.id is null or t.id is null`,
    );
    world.expect(orphans.length === 0, `${orphans.length} links to nothing`);
  },
};

export const writes: readonly Scenario[] = [sameVersion, sameKey, sameName, links];
