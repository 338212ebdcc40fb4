import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;
/** The server that is measured has one core to itself. */
export const SERVER_CORE = 0;
/** PostgreSQL, Redis and the load have the other. */
export const OTHER_CORE = 1;

/** Keeps a process, and everything that it starts from now on, on one core, where the system can do that. */
export function pin(pid: number, core: number): void {
  if (canPin) spawnSync('taskset', ['-a', '-c', '-p', `${core}`, `${pid}`]);
}

/** Starts Node on one core, or on some (`2,3`); `args` are a program and its arguments. */
export function spawnNode(args: readonly string[], core: number | string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  const node = [process.execPath, ...args];
  const [file = '', ...rest] = canPin ? ['taskset', '-c', `${core}`, ...node] : node;
  return spawn(file, rest, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { PATH: process.env.PATH, ...env },
  });
}

/** A kernel counts CPU time in hundredths of a second (`USER_HZ`). */
const TICK_MS = 10;

/** CPU time that a process and its threads have used, in ms; 0 where the system does not tell. */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
}

/** The CPU time of a process and of those that it has started. */
export async function cpuMsOfAll(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const used = [pid, ...children.split(' ').filter(Boolean).map(Number)].map(cpuMs);
  return (await Promise.all(used)).reduce((sum, ms) => sum + ms, 0);
}
