import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from '../../support/processes.ts';

/** Resolves with the exit code, or the signal, of a process. */
export async function waitForExit(child: ChildProcess): Promise<number | string | null> {
  if (!hasEnded(child)) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}

/** Resident memory of a process in bytes; 0 when it is gone. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

/** How many files and connections a process has open; 0 when it is gone. */
export const openFiles = (pid: number): Promise<number> =>
  readdir(`/proc/${pid}/fd`).then(
    ({ length }) => length,
    () => 0,
  );

/** Waits until `condition` answers something true; throws `what` after `ms`. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 30_000,
): Promise<T> {
  for (const deadline = performance.now() + ms; ; await sleep(20)) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`Did not come true within ${ms} ms: ${what}`);
  }
}
