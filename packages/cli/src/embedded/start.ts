import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { failEmbedded } from './failure.ts';
import { createGuard, GUARDED_EXIT_CODE } from './guard.ts';
import { boundLog } from './log-file.ts';
import type { Placement } from './placement.ts';
import { choosePort } from './port.ts';
import { CLEAN_ENVIRONMENT, pause } from './processes.ts';
import { readPidFile, type Server } from './server.ts';

const START_MS = 170_000;
const RETRY_MS = 15_000;
const POLL_MS = 5;
const PORT_TAKEN = /could not bind|could not create any TCP\/IP sockets|Address already in use/;
/** Processes of a killed server end by themselves as soon as they look up; until then its memory is in use. */
const STILL_ENDING = /pre-existing shared memory block|lock file ".*" already exists|in use by another server/;
const GUARD_FAILED = /^flock: /m;

/** What a start needs. */
export interface StartOptions {
  readonly data: string;
  readonly logFile: string;
  readonly placement: Placement;
  /** Settings for this run, over those of postgresql.conf. */
  readonly settings: Readonly<Record<string, string>>;
}

interface Try extends StartOptions {
  /** Where a file system knows no locks, the server starts without the guard. */
  readonly guarded: boolean;
}

async function spawnServer(options: Try, port: number, log: FileHandle): Promise<ChildProcess> {
  const { data, placement, settings } = options;
  const fixed = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const assigned = Object.entries({ ...settings, ...fixed }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const guard = options.guarded ? await createGuard(data) : [];
  const [program = '', ...args] = [...guard, join(placement.binaries, 'postgres'), '-D', data, ...assigned];
  const command = placement.runner.wrap(program, args);
  // Detached: its own session, so the terminal's Ctrl-C ends the app first, and the app the server.
  const child = spawn(command.file, command.args, {
    cwd: '/',
    env: CLEAN_ENVIRONMENT,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    ...command.identity,
  });
  child.on('error', () => undefined);
  child.unref();
  return child;
}

/** Waits until the server accepts connections; undefined when it ended instead. */
async function waitUntilReady(child: ChildProcess, { data, logFile }: StartOptions): Promise<Server | undefined> {
  const deadline = Date.now() + START_MS;
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const found = await readPidFile(data);
    if (found?.pid === child.pid && found.status === 'ready') return { pid: found.pid, port: found.port };
    if (Date.now() > deadline)
      failEmbedded(`The embedded PostgreSQL is still recovering, see ${logFile}; try again later`);
    await pause(POLL_MS);
  }
  return undefined;
}

/** One try: the server, or what the log says since. */
async function tryStart(options: Try): Promise<Server | string> {
  const log = await open(options.logFile, 'a+', 0o600);
  try {
    const { size } = await log.stat();
    const child = await spawnServer(options, await choosePort(options.data), log);
    const server = await waitUntilReady(child, options);
    if (server) return server;
    if (child.exitCode === GUARDED_EXIT_CODE) return `The data in ${options.data} are in use by another server`;
    const said = Buffer.alloc(16_384);
    const { bytesRead } = await log.read(said, 0, said.length, size);
    return said.toString('utf8', 0, bytesRead).trim();
  } finally {
    await log.close();
  }
}

/**
 * Starts the server on a free port of 127.0.0.1 and resolves when it accepts connections. Call it inside the lock, and
 * after `clearStalePidFile`.
 */
export async function startServer(options: StartOptions): Promise<Server> {
  // A log that cannot be bounded is no reason not to serve.
  await boundLog(options.logFile).catch(() => undefined);
  const deadline = Date.now() + RETRY_MS;
  for (let guarded = true; ; ) {
    const result = await tryStart({ ...options, guarded });
    if (typeof result !== 'string') return result;
    if (GUARD_FAILED.test(result)) guarded = false;
    if (Date.now() > deadline || ![PORT_TAKEN, STILL_ENDING, GUARD_FAILED].some((known) => known.test(result))) {
      const lines = result.split('\n').slice(-6).join('\n');
      failEmbedded(`The embedded PostgreSQL did not start, see ${options.logFile}:\n${lines}`);
    }
    await pause(100);
  }
}
