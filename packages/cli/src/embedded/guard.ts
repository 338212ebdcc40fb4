import { access, constants } from 'node:fs/promises';
import { failEmbedded } from './failure.ts';
import { type Runner, runAs } from './privileges.ts';
import { pause } from './processes.ts';

const WAIT_MS = 15_000;
const FLOCK = '/usr/bin/flock';

/** The exit code of the guard when another process holds the data. */
export const GUARDED_EXIT_CODE = 75;

/**
 * The command prefix under which the server locks its data folder until the last of its processes ends. The lock
 * is the kernel's, so it also holds against another container, to which our pids mean nothing. Empty without flock(1).
 */
export async function createGuard(data: string): Promise<string[]> {
  const found = await access(FLOCK, constants.X_OK).then(
    () => process.platform === 'linux',
    () => false,
  );
  return found ? [FLOCK, '--no-fork', '--nonblock', `--conflict-exit-code=${GUARDED_EXIT_CODE}`, data] : [];
}

/** Waits until no process holds the data; those of a killed server end when they next look up from their work. */
export async function waitUntilFree(data: string, runner: Runner): Promise<void> {
  const [program, ...args] = await createGuard(data);
  if (!program) return;
  const isHeld = async (): Promise<boolean> =>
    (await runAs(runner, program, [...args, 'true'])).code === GUARDED_EXIT_CODE;
  for (const deadline = Date.now() + WAIT_MS; await isHeld(); await pause(50)) {
    if (Date.now() < deadline) continue;
    failEmbedded(
      `The data in ${data} are in use by another server: one in another container, or what is left of one that was ` +
        'killed and is still busy. Stop it, or try again later',
    );
  }
}
