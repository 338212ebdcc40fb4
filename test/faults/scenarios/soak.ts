import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeConnections } from '../client/http.ts';
import type { ApiNode } from '../cluster/node.ts';
import { withNode } from '../cluster/own-node.ts';
import type { Scenario, World } from '../scenario.ts';
import { underLoad } from '../under-load.ts';
import { faults } from './soak-faults.ts';
import { COLLECT, fillCache, slopeOf, watchMemory } from './soak-memory.ts';

const EVERY_MS = 20_000;
/** MiB a minute; and what a heap may be fuller at the end than at the beginning of a short run. */
const MAX_SLOPE = 5;
const UNREST_MIB = 10;
/** The pool may be fuller at one moment than at another. */
const MORE_FILES = 12;
/** Files that are open while nobody asks anything. */
async function restingFiles(nodes: readonly ApiNode[]): Promise<number[]> {
  closeConnections();
  await sleep(1500);
  return Promise.all(nodes.map((node) => node.openFiles()));
}

async function disturb(world: World, untilMs: number): Promise<void> {
  const used: string[] = [];
  const names = Object.keys(faults);
  for (let at = randomInt(names.length); performance.now() + EVERY_MS < untilMs; at += 1 + randomInt(2)) {
    const name = names[at % names.length] as string;
    await Promise.all([sleep(EVERY_MS), faults[name]?.(world)]);
    world.row.injections += 1;
    used.push(name);
  }
  await sleep(Math.max(0, untilMs - performance.now()));
  world.note(`${Math.round(world.soakMs / 1000)} s: ${used.join(', ')}`);
}

const soak: Scenario = {
  id: 'F-37',
  title: 'soak under load with a random fault every 20 s: memory and open files stay flat',
  isLongOnly: true,
  run: (world) =>
    withNode(world, { flags: COLLECT }, (one) =>
      withNode(world, { flags: COLLECT }, async (other) => {
        const { expect, note, soakMs } = world;
        const nodes = [one, other];
        const load = { ports: () => nodes.map(({ port }) => port), workers: 16, pauseMs: 100 };
        for (const { port } of nodes) await fillCache(world, port);
        await underLoad(world, () => sleep(3000), load);
        const filesBefore = await restingFiles(nodes);
        let isOver = false;
        const watched = Promise.all(nodes.map((node) => watchMemory(node, () => isOver)));
        await underLoad(world, () => disturb(world, performance.now() + soakMs), load);
        isOver = true;
        const slopes = (await watched).map(slopeOf);
        const filesAfter = await restingFiles(nodes);
        note(`memory ${slopes.map((slope) => slope.toFixed(1)).join(' and ')} MiB a minute`);
        note(`open files ${filesBefore.join(' and ')} before, ${filesAfter.join(' and ')} after`);
        const allowed = MAX_SLOPE + UNREST_MIB / (soakMs / 60_000);
        for (const [index, slope] of slopes.entries()) {
          expect(slope < allowed, `the memory of a node grows by ${slope.toFixed(1)} MiB a minute`);
          const more = (filesAfter[index] ?? 0) - (filesBefore[index] ?? 0);
          expect(more <= MORE_FILES, `a node has ${more} more files open than before`);
        }
      }),
    ),
};

export const soaks: readonly Scenario[] = [soak];
