import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { choosePort, hasEnded } from './processes.ts';
import { provideProgram, type WantedProgram } from './provide-program.ts';

/** A Redis of one's own: on 127.0.0.1, nothing on disk. */
export interface RedisServer {
  readonly url: string;
  readonly pid: number;
  /** Sends a signal; after SIGKILL and SIGTERM resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it and removes its folder. Idempotent. */
  stop(): Promise<void>;
}

const REDIS: WantedProgram = {
  title: 'Redis',
  names: ['redis-server', 'valkey-server'],
  installers: [
    ['apt-get', 'install', '-y', '--no-install-recommends', 'redis-server'],
    ['dnf', 'install', '-y', 'redis'],
    ['dnf', 'install', '-y', 'valkey'],
    ['apk', 'add', '--no-cache', 'redis'],
    ['brew', 'install', 'redis'],
  ],
  advice: 'put redis-server or valkey-server on the PATH, or set TEST_REDIS_URL to one they may use',
};

/** The program to run; installed where there is none. */
export const provideRedis = (): string => provideProgram(REDIS);

/** True when the process itself, and not another server that took the port, answers on it. */
const answers = (port: number, pid: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('INFO server\r\n'));
    let answer = '';
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (!answer.includes('process_id:')) return;
      resolve(answer.includes(`process_id:${pid}\r\n`));
      socket.destroy();
    });
  });

async function launch(program: string, folder: string): Promise<{ child: ChildProcess; port: number }> {
  for (let tries = 0; tries < 5; tries += 1) {
    const port = await choosePort();
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
    // Detached: Ctrl-C must reach the tests first, and Redis only through `stop`.
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    child.on('error', () => undefined);
    while (child.pid && !hasEnded(child)) {
      if (await answers(port, child.pid)) return { child, port };
      await pause(10);
    }
  }
  throw new Error(`${program} does not start`);
}

/** Starts a private Redis; the caller stops it. */
export async function startRedisServer(): Promise<RedisServer> {
  const program = provideRedis();
  const folder = await mkdtemp(join(tmpdir(), 'taskapp-redis-'));
  const { child, port } = await launch(program, folder);
  child.unref();
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    while ((signal === 'SIGKILL' || signal === 'SIGTERM') && !hasEnded(child)) await pause(5);
  };
  const stop = async (): Promise<void> => {
    if (!hasEnded(child)) await kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid!, kill, stop };
}
