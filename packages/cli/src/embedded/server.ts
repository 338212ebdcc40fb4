import { constants, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf, failEmbedded } from './failure.ts';
import { commandOf, isPresent, pause } from './processes.ts';

const SETTLE_MS = 170_000;
const FAST_STOP_MS = 60_000;
const IMMEDIATE_STOP_MS = 10_000;
const POLL_MS = 10;
/** Above the highest pid that Linux or macOS can give. */
const NO_PID = 4_194_305;

/** A running server of a data folder. */
export interface Server {
  readonly pid: number;
  readonly port: number;
}

/** What postmaster.pid says; its lines are pid, data folder, start, port, socket folder, address, memory, status. */
export interface PidFile extends Server {
  readonly status: string;
}

const pidFileOf = (data: string): string => join(data, 'postmaster.pid');

/** The pid file as it is, true or stale; undefined when there is none. */
export async function readPidFile(data: string): Promise<PidFile | undefined> {
  const text = await readFile(pidFileOf(data), 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]), status: lines[7]?.trim() ?? '' };
}

/** True when the process is the PostgreSQL of this very data folder, and not one that got its pid later. */
async function isServing(pid: number, data: string): Promise<boolean> {
  if (!(pid > 0)) return false;
  const command = (await commandOf(pid)) ?? [];
  return basename(command[0] ?? '') === 'postgres' && `${command.join(' ')} `.includes(` -D ${data} `);
}

/** The server that runs on the data, once it accepts connections; undefined when none runs. Call it inside the lock. */
export async function findServer(data: string): Promise<Server | undefined> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const found = await readPidFile(data);
    if (!found || !(await isServing(found.pid, data))) return undefined;
    if (found.status === 'ready') return { pid: found.pid, port: found.port };
    if (Date.now() > deadline) failEmbedded(`The embedded PostgreSQL (process ${found.pid}) stays "${found.status}"`);
    await pause(POLL_MS);
  }
}

/**
 * Takes the pid out of the file of a dead server: it may be another program's by now, or the next server's own. The
 * pid is replaced rather than the file removed, so that PostgreSQL still looks whether processes of the dead server
 * hold its shared memory. An empty file, left by a full disk, is removed. Call it inside the lock, when no server runs.
 */
export async function clearStalePidFile(data: string): Promise<void> {
  const file = pidFileOf(data);
  const read = (): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);
  const text = await read();
  if (text === undefined) return;
  if (text === '') {
    // A server that somebody starts by hand may be between creating the file and writing it.
    await pause(500);
    if ((await read()) === '') await rm(file);
    return;
  }
  const pid = Number.parseInt(text, 10);
  const isHidden = isPresent(pid) && (await commandOf(pid)) === undefined;
  if (isHidden || (await isServing(pid, data))) return;
  // The folder may be an unprivileged user's, and this process root's: never write through a link.
  const flag = constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW;
  await writeFile(file, text.replace(/^-?\d+/, String(NO_PID)), { flag });
}

async function waitForEnd(pid: number, data: string, limit: number): Promise<boolean> {
  const deadline = Date.now() + limit;
  while (await isServing(pid, data)) {
    if (Date.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
}

/**
 * Stops the server of the data, if one runs: a fast shutdown, and where that takes a minute an immediate one, which
 * loses nothing acknowledged. Resolves when its process is gone. Call it inside the lock.
 */
export async function stopServer(data: string): Promise<void> {
  const found = await readPidFile(data);
  if (!found || !(await isServing(found.pid, data))) return;
  process.kill(found.pid, 'SIGINT');
  if (await waitForEnd(found.pid, data, FAST_STOP_MS)) return;
  process.kill(found.pid, 'SIGQUIT');
  if (await waitForEnd(found.pid, data, IMMEDIATE_STOP_MS)) return;
  failEmbedded(`The embedded PostgreSQL (process ${found.pid}) does not stop`);
}
