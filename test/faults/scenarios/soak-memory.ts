import { setTimeout as sleep } from 'node:timers/promises';
import { enter } from '../client/enter.ts';
import type { ApiNode } from '../cluster/node.ts';
import type { World } from '../scenario.ts';

const SAMPLE_MS = 2000;
const WARM_UP_MS = 20_000;
const MIB = 1024 * 1024;

/** Flags of a node that collects garbage whenever it gets SIGUSR2: what is measured then is what is kept. */
export const COLLECT = ['--expose-gc', '--import', 'data:text/javascript,process.on("SIGUSR2",()=>gc())'];

export interface Sample {
  readonly minutes: number;
  readonly mib: number;
}

/** The slope of the line that fits the samples best, in MiB a minute. */
export function slopeOf(samples: readonly Sample[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const atMean = mean(samples.map(({ minutes }) => minutes));
  const mibMean = mean(samples.map(({ mib }) => mib));
  const covariance = mean(samples.map(({ minutes, mib }) => (minutes - atMean) * (mib - mibMean)));
  const variance = mean(samples.map(({ minutes }) => (minutes - atMean) ** 2));
  return covariance / variance;
}

/** Samples the memory of a node, after its warm-up, until `isOver`. */
export async function watchMemory(node: ApiNode, isOver: () => boolean): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const started = performance.now(); !isOver(); await sleep(SAMPLE_MS)) {
    node.signal('SIGUSR2');
    await sleep(300);
    const passed = performance.now() - started;
    if (passed > WARM_UP_MS) samples.push({ minutes: passed / 60_000, mib: (await node.residentBytes()) / MIB });
  }
  return samples;
}

const TASKS = 30;
const READERS = 8;
const SORTS = ['-createdAt', 'createdAt', '-dueDate', 'dueDate', '-priority', 'priority'];

/** Reads more lists than the cache of a node keeps (32 MiB): a cache that fills is no leak. */
export async function fillCache(world: World, port: number): Promise<void> {
  const { here } = await enter(world, port);
  for (let n = 0; n < TASKS; n += 1) await here('POST', '/tasks', { title: 'cached', description: 'x'.repeat(1500) });
  const queries = SORTS.flatMap((sort) =>
    Array.from({ length: 101 - TASKS }, (_, index) => `sort=${sort}&limit=${TASKS + index}`),
  );
  const paths = queries.flatMap((query) => [`/tasks?${query}`, `/tasks?${query}&count=false`]);
  const read = async () => {
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) await here('GET', path);
  };
  await Promise.all(Array.from({ length: READERS }, read));
}
