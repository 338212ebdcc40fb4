import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { enter } from '../client/enter.ts';
import { send } from '../client/http.ts';
import { type Sample, sample } from '../client/sample.ts';
import { fromAnywhere, login } from '../client/session.ts';
import { withNode } from '../cluster/own-node.ts';
import { describe, tallyOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';

const LOGINS_PER_SECOND = 200;
/** A sign-in waits five seconds for its hash, which then takes its time on a machine that has no core to spare. */
const LOGIN_MS = 5200 + 1000;
/** With one core taken by hashes, the other is shared by the node, PostgreSQL and 200 clients a second. */
const PROBE_MS = 1000;

const passwordStorm: Scenario = {
  id: 'F-34',
  title: `${LOGINS_PER_SECOND} sign-ins a second, hashed at the real cost`,
  isLongOnly: true,
  run: async (world) => {
    const { pick } = world;
    await withNode(world, { settings: { BCRYPT_COST: '12' } }, async (node) => {
      const { here } = await enter(world, node.port);
      const { body: task } = await here('POST', '/tasks', { title: 'read in the storm' });
      const probes = {
        '/livez': () => send({ port: node.port, method: 'GET', path: '/livez' }),
        'a task': () => here('GET', `/tasks/${task.id}`),
      };
      const measure = (ms: number) => {
        const end = performance.now() + ms;
        return Promise.all(Object.values(probes).map((probe) => sample(probe, () => performance.now() > end)));
      };
      const before = await measure(2000);
      const stormMs = pick(4000, 25_000);
      const during = measure(stormMs);
      const outcomes = await storm(node.port, stormMs);
      judgeLogins(world, outcomes);
      judgeProbes(world, Object.keys(probes), { before, during: await during });
    });
  },
};

function judgeLogins({ row, expect, note }: World, outcomes: readonly { status: number; ms: number }[]): void {
  row.injections += outcomes.length;
  const counts = tallyOf(outcomes.map(({ status }) => status));
  const slowest = Math.round(Math.max(...outcomes.map(({ ms }) => ms)));
  note(`sign-ins: ${describe(counts)}, slowest ${slowest} ms`);
  const strange = Object.keys(counts).filter((status) => !['401', '429', '503'].includes(status));
  expect(strange.length === 0, `sign-ins: ${describe(counts)}`);
  expect(slowest <= LOGIN_MS, `a sign-in was answered after ${slowest} ms`);
}

interface Phases {
  readonly before: readonly Sample[];
  readonly during: readonly Sample[];
}

function judgeProbes({ expect, note }: World, names: readonly string[], { before, during }: Phases): void {
  for (const [index, { counts: seen, p99 }] of during.entries()) {
    const name = names[index];
    const calm = before[index]?.p99 ?? 0;
    note(`${name}: p99 ${Math.round(p99)} ms, undisturbed ${Math.round(calm)} ms`);
    expect(p99 <= PROBE_MS + 3 * calm, `${name} took ${Math.round(p99)} ms in the storm`);
    expect(Object.keys(seen).join() === '200', `${name} in the storm: ${describe(seen)}`);
  }
}

/** Everybody is somebody else and comes from elsewhere, so that no limit but that of the hashing applies. */
async function storm(port: number, ms: number): Promise<{ status: number; ms: number }[]> {
  const guess = async () => {
    const started = performance.now();
    const who = { email: `${randomUUID()}@example.com`, password: 'Wrong-1234' };
    const status = await login(port, who, fromAnywhere())
      .then((answer) => answer.status)
      .catch(() => 0);
    return { status, ms: performance.now() - started };
  };
  const asked: ReturnType<typeof guess>[] = [];
  const started = performance.now();
  for (let passed = 0; passed < ms; passed = performance.now() - started) {
    while (asked.length < (passed / 1000) * LOGINS_PER_SECOND) asked.push(guess());
    await sleep(10);
  }
  return Promise.all(asked);
}

export const storms: readonly Scenario[] = [passwordStorm];
