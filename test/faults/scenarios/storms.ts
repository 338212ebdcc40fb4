import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { enter } from '../client/enter.ts';
import { send } from '../client/http.ts';
import { fromAnywhere, login } from '../client/session.ts';
import { withNode } from '../cluster/own-node.ts';
import { describe, tallyOf } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const LOGINS_PER_SECOND = 200;
/** What a sign-in may wait for its hash, and a little. */
const LOGIN_MS = 5200;
const PROBE_EVERY_MS = 50;

/** Sends a request every 50 ms until `isOver`; resolves with how long each took, the longest last. */
async function sample(request: () => Promise<{ status: number }>, isOver: () => boolean) {
  const times: number[] = [];
  const statuses: number[] = [];
  const asked: Promise<void>[] = [];
  const ask = async () => {
    const started = performance.now();
    statuses.push(
      await request()
        .then(({ status }) => status)
        .catch(() => 0),
    );
    times.push(performance.now() - started);
  };
  for (; !isOver(); await sleep(PROBE_EVERY_MS)) asked.push(ask());
  await Promise.all(asked);
  times.sort((a, b) => a - b);
  return { counts: tallyOf(statuses), p99: times[Math.floor(times.length * 0.99)] ?? 0 };
}

const passwordStorm: Scenario = {
  id: 'F-34',
  title: `${LOGINS_PER_SECOND} sign-ins a second, hashed at the real cost`,
  isLongOnly: true,
  run: async (world) => {
    const { row, expect, note, pick } = world;
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
      row.injections += outcomes.length;
      const counts = tallyOf(outcomes.map(({ status }) => status));
      const slowest = Math.round(Math.max(...outcomes.map(({ ms }) => ms)));
      note(`sign-ins: ${describe(counts)}, slowest ${slowest} ms`);
      const strange = Object.keys(counts).filter((status) => !['401', '429', '503'].includes(status));
      expect(strange.length === 0, `sign-ins: ${describe(counts)}`);
      expect(slowest <= LOGIN_MS + (before[0]?.p99 ?? 0) + 300, `a sign-in was answered after ${slowest} ms`);
      for (const [index, { counts: seen, p99 }] of (await during).entries()) {
        const name = Object.keys(probes)[index];
        const calm = before[index]?.p99 ?? 0;
        note(`${name}: p99 ${Math.round(p99)} ms, undisturbed ${Math.round(calm)} ms`);
        expect(p99 <= 150 + 3 * calm, `${name} took ${Math.round(p99)} ms in the storm`);
        expect(Object.keys(seen).join() === '200', `${name} in the storm: ${describe(seen)}`);
      }
    });
  },
};

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

const STALL_MS = 5000;
/** Each of them asks 20 times a second. */
const CALLERS = 3;
const RECOVERY_MS = 2000;
/** Blocks the event loop of a node whenever it gets SIGUSR2. */
const STALL = `data:text/javascript,process.on("SIGUSR2",()=>Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,${STALL_MS}))`;

const stalledLoop: Scenario = {
  id: 'F-35',
  title: 'the event loop blocked for 5 s',
  isLongOnly: true,
  run: async (world) => {
    const { row, expect, note } = world;
    await withNode(world, { flags: ['--import', STALL] }, async (node) => {
      const { here } = await enter(world, node.port);
      for (let stalls = world.pick(1, 4); stalls > 0; stalls -= 1) {
        let isOver = false;
        const under = Promise.all(
          Array.from({ length: CALLERS }, () =>
            sample(
              () => here('GET', '/users/me'),
              () => isOver,
            ),
          ),
        );
        await sleep(300);
        const stalled = performance.now();
        node.signal('SIGUSR2');
        await sleep(200);
        const alive = await send({ port: node.port, method: 'GET', path: '/livez', timeoutMs: 1000 }).catch(() => null);
        expect(alive === null, 'the event loop was not blocked');
        await sleep(STALL_MS - (performance.now() - stalled));
        for (let isWell = false; !isWell; ) isWell = (await here('POST', '/tasks', { title: 'after' })).status === 201;
        const ms = Math.round(performance.now() - stalled - STALL_MS);
        row.injections += 1;
        row.longestRecoveryMs = Math.max(row.longestRecoveryMs, ms);
        expect(ms <= RECOVERY_MS, `took ${ms} ms to recover from a blocked event loop`);
        isOver = true;
        const counts = tallyOf((await under).flatMap(({ counts: seen }) => Object.keys(seen)));
        note(`answers: ${Object.keys(counts).join(', ')}`);
        const strange = Object.keys(counts).filter((status) => !['200', '429', '503'].includes(status));
        expect(strange.length === 0, `answers: ${strange}`);
      }
    });
  },
};

export const storms: readonly Scenario[] = [passwordStorm, stalledLoop];
