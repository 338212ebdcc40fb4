import { enter } from '../client/enter.ts';
import { describe, race, statusesOf } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const PARALLEL = 50;

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
      // Whoever waited two seconds for the row is told that it is busy; a user has only so many requests at once.
      const others = Object.keys(counts).filter((status) => !['200', '412', '409', '429', '503'].includes(status));
      world.expect(counts[200] === 1 && others.length === 0, `changes: ${describe(counts)}`);
      const { body } = await here('GET', `/tasks/${task.body.id}`);
      world.expect(body.version === 2, `the task went to version ${body.version}`);
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
      const others = Object.keys(counts).filter((status) => !['201', '409', '429', '503'].includes(status));
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

export const writes: readonly Scenario[] = [sameVersion, sameName, links];
