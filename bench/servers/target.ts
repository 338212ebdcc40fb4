import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { choosePort } from '../../test/support/processes.ts';
import { root, SERVER_CORE, spawnNode } from '../world/processes.ts';

/** `layers`: taskapp with a part of its cache. */
export type TargetName = 'taskapp' | 'fastify' | 'floor' | 'layers';

/** A server that is measured, running on a core of its own. */
export interface Target {
  readonly name: TargetName;
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from the start of the process until it served. */
  readonly startMs: number;
  stop(): Promise<void>;
}

const reference = (name: string): string[] => [
  '--import',
  import.meta.resolve('tsx'),
  new URL(`./${name}.ts`, import.meta.url).pathname,
];
const PROGRAMS: Readonly<Record<TargetName, readonly string[]>> = {
  taskapp: [`${root}packages/http/dist/main.js`],
  fastify: reference('fastify'),
  floor: reference('floor'),
  layers: ['--conditions=source', ...reference('layers')],
};

interface TargetOptions {
  readonly cores?: number | string;
  /** What Node is told. */
  readonly flags?: readonly string[];
}

/** Starts a server and waits until it serves. */
export async function startTarget(
  name: TargetName,
  environment: Readonly<Record<string, string>>,
  { cores = SERVER_CORE, flags = [] }: TargetOptions = {},
): Promise<Target> {
  const port = await choosePort();
  const started = performance.now();
  const child = spawnNode([...flags, ...PROGRAMS[name]], cores, { ...environment, PORT: `${port}` });
  let complaint = '';
  child.stderr?.on('data', (data) => {
    complaint += data;
  });
  const serves = name === 'taskapp' ? isReady(port, child) : once(child, 'message');
  await Promise.race([
    serves,
    once(child, 'exit').then(() => Promise.reject(new Error(`${name} does not start: ${complaint}`))),
  ]);
  const stop = async () => {
    const exit = once(child, 'exit');
    child.kill(name === 'taskapp' ? 'SIGTERM' : 'SIGKILL');
    await exit;
  };
  return { name, port, pid: child.pid ?? 0, startMs: performance.now() - started, stop };
}

async function isReady(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(5);
  }
}
