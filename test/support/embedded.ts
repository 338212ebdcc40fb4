import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = fileURLToPath(new URL('./embedded-process.ts', import.meta.url));

/** Runs SQL on a connection of its own; returns the rows. */
export async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client
    .query<T>(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

/** Acknowledged once this resolves: one row more. */
export const addRow = (url: string): Promise<unknown> =>
  query(url, 'create table if not exists kept (id serial primary key); insert into kept default values');

/** How many rows are there. */
export const countRows = async (url: string): Promise<number> =>
  (await query<{ n: number }>(url, 'select count(*)::int as n from kept'))[0]!.n;

/** The postmaster's pid in the pid file of the data, be it alive or not; undefined after a clean stop. */
export function pidIn(directory: string): number | undefined {
  const file = join(directory, 'postgres/postmaster.pid');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

/** True while the process exists, and as more than a zombie. */
export function isAlive(pid: number | undefined): boolean {
  if (!pid) return false;
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

/** Waits until `condition` holds, at most ten seconds. */
export async function eventually(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition(); await pause(5)) {
    if (Date.now() > deadline) throw new Error(`Did not come true: ${condition}`);
  }
}

/** Ends a process by its pid with SIGKILL and waits until it is gone. */
export async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await eventually(() => !isAlive(pid));
}

/** A temporary directory that every user can enter; after the file's tests its server, if one is left, is ended and everything removed. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'taskapp-embedded-')));
  chmodSync(directory, 0o755);
  after(async () => {
    for (const owner of [directory, join(directory, 'a')]) {
      const pid = pidIn(owner);
      if (pid && isAlive(pid) && ps(pid, 'command').includes(realpathSync(join(owner, 'postgres')))) await kill(pid);
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  return directory;
}

/** What a process that opened the server said, and how to end it. */
export interface Opener {
  readonly url: string;
  readonly started: boolean;
  readonly error: string | undefined;
  readonly pid: number;
  /** Lets it release and end. */
  end(): Promise<void>;
}

/** Starts a process that opens the server, through `prefix` (`unshare ...`) if one is given. */
export function spawnOpener(options: object, prefix: readonly string[] = []): ChildProcess {
  const node = [process.execPath, '--conditions=source', '--import', 'tsx', program, JSON.stringify(options)];
  const [file = '', ...args] = [...prefix, ...node];
  const child = spawn(file, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  after(() => void child.kill('SIGKILL'));
  return child;
}

/** Waits for what the process says. */
export async function opened(child: ChildProcess): Promise<Opener> {
  const [line] = await once(createInterface(child.stdout!), 'line');
  const end = async (): Promise<void> => {
    const exit = once(child, 'exit');
    child.stdin!.end();
    await exit;
  };
  return { error: undefined, ...JSON.parse(line), pid: child.pid!, end };
}

const NAMESPACE = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];

/** False where this is root, and the system refuses it user namespaces. */
export const hasNamespaces = (): boolean =>
  process.getuid!() !== 0 || spawnSync(NAMESPACE[0]!, [...NAMESPACE.slice(1), 'true']).status === 0;

/** The command prefix that makes root an ordinary user who still reads the checkout; empty for an ordinary user. */
export function ordinaryUser(): string[] {
  if (process.getuid!() !== 0) return [];
  return hasNamespaces() ? NAMESPACE : ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
}

/** A column of `ps` about a process. */
export const ps = (pid: number, column: string): string =>
  execFileSync('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();
