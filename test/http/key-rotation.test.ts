import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTaskApp } from '@taskapp/core';
import { createHttpApp } from '@taskapp/http';
import supertest from 'supertest';
import { atEnd } from '../support/cleanup.ts';
import { tally } from '../support/factories.ts';
import { createWorld, PASSWORD, secrets, UNTHROTTLED } from '../support/world.ts';

const CLIENTS = 8;
const [old, next] = [secrets(), secrets()];
const lists = (...given: (typeof old)[]) => ({
  access: given.map(({ access }) => access),
  refresh: given.map(({ refresh }) => refresh),
});

test('keys are replaced under load, node by node, and nobody is refused', async () => {
  const world = await createWorld({ secrets: old, throttle: UNTHROTTLED });
  const node = (keys: ReturnType<typeof lists>) => {
    const { db, redis } = world;
    const rateLimit = { ip: 100_000, user: 100_000, login: 100_000 };
    const app = createTaskApp({ db, redis, secrets: keys, passwords: { cost: 4 }, throttle: UNTHROTTLED, rateLimit });
    atEnd(app.close);
    return supertest(createHttpApp(app).callback());
  };
  const nodes = [node(lists(old)), node(lists(old))];
  const statuses: string[] = [];
  let isOver = false;

  /** Signs in once; then every request goes to the other node, and every fourth one is a refresh. */
  const client = async () => {
    const { email } = await world.user();
    const first = await nodes[0]!.post('/api/auth/login').send({ email, password: PASSWORD });
    let { accessToken, refreshToken } = first.body;
    let round = 0;
    const step = async () => {
      const at = nodes[round % 2]!;
      const isRefresh = round % 4 === 3;
      round += 1;
      const answer = isRefresh
        ? await at.post('/api/auth/refresh').send({ refreshToken })
        : await at.get('/api/users/me').set('Authorization', `Bearer ${accessToken}`);
      statuses.push(`${answer.status}`);
      if (isRefresh && answer.status === 200) ({ accessToken, refreshToken } = answer.body);
    };
    while (!isOver) await step();
    return round;
  };
  const stage = async () => {
    const target = statuses.length + CLIENTS * 10;
    while (statuses.length < target) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  const clients = Array.from({ length: CLIENTS }, client);
  // Known everywhere before it signs anywhere; dropped when nothing that the old one signed is in use.
  for (const keys of [lists(old, next), lists(next, old), lists(next)]) {
    for (const at of [0, 1]) {
      await stage();
      nodes[at] = node(keys);
    }
  }
  await stage();
  isOver = true;
  const rounds = await Promise.all(clients);
  assert.deepEqual(Object.keys(tally(statuses)), ['200'], JSON.stringify(tally(statuses)));
  assert.ok(Math.min(...rounds) > 20, `${rounds}`);
});
