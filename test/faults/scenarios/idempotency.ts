import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { enter } from '../client/enter.ts';
import type { Answer } from '../client/http.ts';
import { describe, race, statusesOf } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const PARALLEL = 50;
/** Answers after which a client comes again: busy, too many at once, unavailable. */
const LATER = new Set([409, 429, 503]);

async function untilSettled(request: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await request();
    if (!LATER.has(answer.status)) return answer;
    await sleep(20 + Math.random() * 80);
  }
}

const sameKey: Scenario = {
  id: 'F-47',
  title: `${PARALLEL} times one idempotency key on two nodes; then another body`,
  run: async (world) => {
    for (let rounds = world.pick(2, 20); rounds > 0; rounds -= 1) {
      const { ask, here } = await enter(world);
      const headers = { 'Idempotency-Key': randomUUID() };
      const answers = await race(world, PARALLEL, (port) =>
        untilSettled(() => ask(port, 'POST', '/tasks', { title: 'once' }, headers)),
      );
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

const keyOfOthers: Scenario = {
  id: 'F-48',
  title: `${PARALLEL} different bodies under one idempotency key on two nodes`,
  run: async (world) => {
    for (let rounds = world.pick(2, 20); rounds > 0; rounds -= 1) {
      const { ask, here } = await enter(world);
      const headers = { 'Idempotency-Key': randomUUID() };
      const answers = await race(world, PARALLEL, (port, index) =>
        untilSettled(() => ask(port, 'POST', '/tasks', { title: `body ${index}` }, headers)),
      );
      world.row.injections += PARALLEL;
      const counts = statusesOf(answers);
      world.expect(counts[201] === 1 && counts[422] === PARALLEL - 1, `answers: ${describe(counts)}`);
      const { body } = await here('GET', '/tasks');
      world.expect(body.tasks.length === 1, `${body.tasks.length} tasks from one key`);
      const made = answers.find(({ status }) => status === 201);
      world.expect(made?.body.id === body.tasks[0]?.id, 'what was acknowledged is not what is there');
    }
  },
};

export const idempotency: readonly Scenario[] = [sameKey, keyOfOthers];
