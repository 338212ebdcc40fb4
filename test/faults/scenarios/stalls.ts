import { setTimeout as sleep } from 'node:timers/promises';
import { enter } from '../client/enter.ts';
import { send } from '../client/http.ts';
import { sample } from '../client/sample.ts';
import { withNode } from '../cluster/own-node.ts';
import { tallyOf } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

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

export const stalls: readonly Scenario[] = [stalledLoop];
