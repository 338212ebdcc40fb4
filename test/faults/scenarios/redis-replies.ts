import { setTimeout as sleep } from 'node:timers/promises';
import { enter } from '../client/enter.ts';
import { send } from '../client/http.ts';
import { fromAnywhere, login } from '../client/session.ts';
import { startFakeRedis } from '../cluster/fake-redis.ts';
import type { ApiNode } from '../cluster/node.ts';
import { withNode } from '../cluster/own-node.ts';
import { until } from '../cluster/processes.ts';
import { describe, statusesOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';

const LIMIT = 40;
const LOGINS = 8;

/** What a Redis says that answers and does not work. */
const REPLIES = [
  'NOSCRIPT No matching script. Please use EVAL.',
  'LOADING Redis is loading the dataset in memory',
  "READONLY You can't write against a read only replica.",
  "OOM command not allowed when used memory > 'maxmemory'.",
  'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.',
  'BUSY Redis is busy running a script.',
];

const refusingRedis: Scenario = {
  id: 'F-38',
  title: 'Redis answers NOSCRIPT, LOADING, READONLY, OOM, MISCONF, BUSY',
  run: async (world) => {
    const fake = await startFakeRedis(REPLIES[0] as string);
    const settings = {
      REDIS_URL: `redis://127.0.0.1:${fake.port}`,
      RATE_LIMIT_USER_MAX: `${LIMIT}`,
      RATE_LIMIT_LOGIN_MAX: `${LOGINS}`,
    };
    try {
      await withNode(world, { settings }, async (node) => {
        for (const reply of REPLIES.slice(0, world.pick(3, REPLIES.length))) {
          await trustAgain(node);
          fake.reply = reply;
          const before = fake.refused;
          await checkLimits(world, node, reply.split(' ')[0] as string);
          world.row.injections += 1;
          world.expect(fake.refused > before, `Redis was not asked at all: ${reply}`);
        }
      });
    } finally {
      fake.close();
    }
  },
};

/** How long the answer to a health check, and the rest that a failing Redis is given, may last. */
const STALE_MS = 1200;

/** A Redis that has failed is left alone until it answers a health check. */
async function trustAgain({ port }: ApiNode): Promise<void> {
  await sleep(STALE_MS);
  await until('the node trusts its Redis again', async () => {
    await sleep(200);
    const { body } = await send({ port, method: 'GET', path: '/health' });
    return body.status === 'healthy';
  });
}

/** A new user has the whole budget and no more, and works: lists are current. */
async function checkLimits(world: World, node: ApiNode, reply: string): Promise<void> {
  const { here, session } = await enter(world, node.port);
  const statuses: number[] = [];
  for (let n = 0; n < LIMIT / 2; n += 1) {
    const written = await here('POST', '/tasks', { title: `task ${n}` });
    const listed = await here('GET', '/tasks?limit=100');
    statuses.push(written.status, listed.status);
    const isCurrent = listed.body.tasks?.length === n + 1;
    if (!isCurrent) world.row.staleLists += 1;
    world.expect(isCurrent, `${reply}: ${listed.body.tasks?.length} tasks listed after ${n + 1}`);
  }
  const more = await Promise.all(Array.from({ length: 10 }, () => here('GET', '/users/me')));
  world.expect(
    statuses.every((status) => status < 300),
    `${reply}: ${statuses}`,
  );
  world.expect(statusesOf(more)[429] === 10, `${reply}, beyond the budget: ${describe(statusesOf(more))}`);
  const headers = fromAnywhere();
  const guesses = await Promise.all(
    Array.from({ length: 3 * LOGINS }, () => login(node.port, { ...session, password: 'Wrong-1234' }, headers)),
  );
  const counts = statusesOf(guesses);
  const isHeld = (counts[401] ?? 0) <= LOGINS && Object.keys(counts).every((status) => ['401', '429'].includes(status));
  world.expect(isHeld, `${reply}, guesses: ${describe(counts)}`);
}

export const redisReplies: readonly Scenario[] = [refusingRedis];
