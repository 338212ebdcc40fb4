import { setTimeout as sleep } from 'node:timers/promises';
import { enter } from '../client/enter.ts';
import type { ApiNode } from '../cluster/node.ts';
import { withNode } from '../cluster/own-node.ts';
import { describe, tallyOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';

const MIB = 1024 * 1024;
/** More than a heap grows that is not collected for a while. */
const GROWTH_BYTES = 120 * MIB;
/** As many as one user may have under way. */
const WORKERS = 8;

/** What a reader of the log may do to its end of the pipe. */
const READERS: Readonly<Record<string, (node: ApiNode) => void>> = {
  'is not read': ({ output }) => void output.pause(),
  'is read again': ({ output }) => void output.resume(),
  'has no reader any more': ({ output }) => void output.destroy(),
};

/** Keeps asking for `ms`; every request writes a line. */
async function ask(world: World, node: ApiNode, ms: number) {
  const { here } = await enter(world, node.port);
  const statuses: number[] = [];
  const times: number[] = [];
  const end = performance.now() + ms;
  const work = Array.from({ length: WORKERS }, async () => {
    while (performance.now() < end) {
      const started = performance.now();
      const answer = await here('GET', '/users/me').catch(() => undefined);
      statuses.push(answer?.status ?? 0);
      times.push(performance.now() - started);
    }
  });
  await Promise.all(work);
  return { counts: tallyOf(statuses), slowest: Math.max(...times) };
}

const lostLog: Scenario = {
  id: 'F-30',
  title: 'the log is not read for a while; its reader dies',
  isLongOnly: true,
  run: async (world) => {
    const { row, expect, note, pick } = world;
    await withNode(world, { settings: { LOG_LEVEL: 'debug' } }, async (node) => {
      const before = await ask(world, node, pick(1000, 3000));
      const memory = await node.residentBytes();
      let isTold = false;
      node.output.on('data', (chunk: Buffer) => {
        isTold ||= chunk.includes('Log lines were dropped');
      });
      for (const [name, act] of Object.entries(READERS)) {
        act(node);
        row.injections += 1;
        const { counts, slowest } = await ask(world, node, name === 'is not read' ? pick(15_000, 25_000) : 1000);
        expect(Object.keys(counts).join() === '200', `while the log ${name}: ${describe(counts)}`);
        const bound = 3 * before.slowest + 1000;
        expect(slowest <= bound, `while the log ${name} a request took ${Math.round(slowest)} ms`);
      }
      await sleep(200);
      const grown = (await node.residentBytes()) - memory;
      note(`${Math.round(grown / MIB)} MiB more after ${row.injections} changes of the reader`);
      expect(isTold, 'lines that nobody read were kept, or dropped without a word');
      expect(grown < GROWTH_BYTES, `the node grew by ${Math.round(grown / MIB)} MiB`);
    });
  },
};

export const logs: readonly Scenario[] = [lostLog];
