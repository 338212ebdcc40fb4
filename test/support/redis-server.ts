import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { choosePort, hasEnded } from './processes.ts';

/** A Redis of one's own: on 127.0.0.1, nothing on disk. */
export interface RedisServer {
  readonly url: string;
  readonly pid: number;
  /** Sends a signal; after SIGKILL and SIGTERM resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it and removes its folder. Idempotent. */
  stop(): Promise<void>;
}

const PROGRAMS = ['redis-server', 'valkey-server'];
const INSTALLERS = [
  ['apt-get', 'install', '-y', '--no-install-recommends', 'redis-server'],
  ['dnf', 'install', '-y', 'redis'],
  ['dnf', 'install', '-y', 'valkey'],
  ['apk', 'add', '--no-cache', 'redis'],
  ['brew', 'install', 'redis'],
] as const;

const works = (file: string, args: readonly string[]): boolean => spawnSync(file, args).status === 0;
const findProgram = (): string | undefined => PROGRAMS.find((program) => works(program, ['--version']));

function runInstaller(command: readonly string[]): void {
  // Homebrew refuses root; the others need it. RUNLEVEL=1 keeps Debian from starting the service it installs.
  const isAllowed = command[0] === 'brew' || process.getuid?.() === 0;
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  const [file = '', ...args] = [...(isAllowed ? [] : ['sudo', '-n']), ...environment, ...command];
  process.stderr.write(`No Redis found: ${command.join(' ')}\n`);
  spawnSync(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The program to run; installs one with the system's package manager where there is none. */
function provideProgram(): string {
  for (const command of INSTALLERS) {
    const found = findProgram();
    if (found) return found;
    if (!works(command[0], ['--version'])) continue;
    if (command[0] === 'apt-get') runInstaller(['apt-get', 'update', '-q']);
    runInstaller(command);
  }
  const found = findProgram();
  if (found) return found;
  throw new Error(
    `The tests need a real Redis: put ${PROGRAMS.join(' or ')} on the PATH, or set TEST_REDIS_URL to one they may use`,
  );
}

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
  const program = provideProgram();
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
