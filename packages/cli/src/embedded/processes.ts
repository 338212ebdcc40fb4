import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { codeOf } from './failure.ts';

const execute = promisify(execFile);

/** The environment of every program started here: nothing of the caller's, so no secret and no PG* variable reaches it. */
export const CLEAN_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Resolves after `ms` milliseconds. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A file of /proc; undefined when its process is gone, which is the only error that may be read so. */
async function readProc(file: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${file}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** A column of `ps`, for systems without /proc; undefined when the process is gone. */
async function readPs(pid: number, column: string): Promise<string | undefined> {
  try {
    const { stdout } = await execute('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)], { env: CLEAN_ENVIRONMENT });
    return stdout.trim() || undefined;
  } catch (error) {
    // ps exits with 1 when it finds no process; that it could not be run proves nothing.
    if (error instanceof Error && 'code' in error && error.code === 1) return undefined;
    throw error;
  }
}

/** Stands for the start of a process that has ended and is only not reaped yet. */
const ENDED = 'ended';

/**
 * When a process started, as a token that differs between two processes of one pid, also across a reboot.
 * Undefined when no such process is visible.
 */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return (await readPs(pid, 'lstart'))?.replace(/\W+/g, '');
  const stat = await readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command, in brackets, may hold spaces and brackets; the state follows it, the start time 19 fields later.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Where nobody reaps them, processes that were killed stay on the list as zombies.
  if (/^[ZX]/.test(fields[0] ?? '')) return ENDED;
  const ticks = fields[19];
  const boot = await readProc('sys/kernel/random/boot_id');
  return `${ticks}b${boot?.slice(0, 8)}`;
}

/** The arguments a process runs with; empty for a zombie, undefined when it is gone or hidden. */
export async function commandOf(pid: number): Promise<string[] | undefined> {
  if (process.platform !== 'linux') return (await readPs(pid, 'command'))?.split(' ');
  return (await readProc(`${pid}/cmdline`))?.split('\0').filter(Boolean);
}

/** True unless the system says that there is no such process. */
export function isPresent(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/** A name for one use by this process: `<pid>-<start>-<nonce>`, good as a file name. */
export const createMark = async (): Promise<string> =>
  `${process.pid}-${await startOf(process.pid)}-${randomBytes(6).toString('hex')}`;

/** The pid in a mark. */
export const pidOf = (mark: string): number => Number.parseInt(mark, 10);

/** True while the very process that made the mark lives. One hidden from this user counts as living. */
export async function isLiving(mark: string): Promise<boolean> {
  const pid = pidOf(mark);
  if (!(pid > 0)) return false;
  const start = await startOf(pid);
  return start === undefined ? isPresent(pid) : start === mark.split('-')[1];
}
