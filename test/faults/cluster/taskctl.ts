import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { World } from '../scenario.ts';
import { waitForExit } from './processes.ts';
import { startProxy } from './proxy.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const built = `${root}packages/cli/dist/main.js`;
const TASKCTL = existsSync(built)
  ? [built]
  : ['--conditions=source', '--import', import.meta.resolve('tsx'), `${root}packages/cli/src/main.ts`];

/** Starts `taskctl` on a database. */
export function spawnTaskctl({ cluster }: World, url: string, args: readonly string[]): ChildProcess {
  const env = { ...cluster.environment, PATH: process.env.PATH, DATABASE_URL: url };
  return spawn(process.execPath, [...TASKCTL, ...args], { cwd: '/', env, stdio: 'ignore' });
}

/** Runs `taskctl` to its end; resolves with the exit code. */
export const runTaskctl = (world: World, url: string, args: readonly string[]): Promise<number | string | null> =>
  waitForExit(spawnTaskctl(world, url, args));

/** Kills the command when it has sent so many messages to PostgreSQL; true when it had that many to send. */
export async function killAt(
  world: World,
  url: string,
  { args, messages }: { args: readonly string[]; messages: number },
): Promise<boolean> {
  const proxy = await startProxy(world.cluster.postgres.port);
  const through = new URL(url);
  through.port = `${proxy.port}`;
  const child = spawnTaskctl(world, through.href, args);
  let sent = 0;
  proxy.inspect(() => {
    sent += 1;
    if (sent !== messages) return 'pass';
    child.kill('SIGKILL');
    return 'lose';
  });
  const code = await waitForExit(child);
  await proxy.close();
  return code === 'SIGKILL';
}
