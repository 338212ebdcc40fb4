import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { readEnvironment } from '../connection/environment.ts';
import { failCli } from '../failures.ts';
import type { Run } from '../terminal/run.ts';

type Tool = 'pg_dump' | 'pg_restore';

/** Runs a program of PostgreSQL to its end; resolves with what it printed. */
export async function runTool(run: Run, tool: Tool, { args, url }: Call): Promise<string> {
  const { code, stdout, stderr } = await start(run, tool, args, url === undefined ? {} : connectionOf(url));
  if (code === 0) return stdout;
  const reason = stderr.trim().split('\n').at(-1) ?? '';
  return failCli('database.unavailable', `${tool} failed: ${reason.replace(/^\w+: error: /, '') || code}`, {
    cause: new Error(stderr),
  });
}

interface Call {
  readonly args: readonly string[];
  /** The database that it works on. */
  readonly url?: string;
}

/** The major version of a program on the PATH; undefined where there is none. */
export async function findVersion(run: Run, tool: Tool): Promise<number | undefined> {
  const { stdout } = await start(run, tool, ['--version'], {}).catch(ignoreMissing);
  const [, major] = /\) (\d+)/.exec(stdout) ?? [];
  return major === undefined ? undefined : Number(major);
}

function ignoreMissing(error: NodeJS.ErrnoException) {
  if (error.code === 'ENOENT' || error.code === 'EACCES') return { stdout: '' };
  throw error;
}

/** Why pg_dump cannot dump a server of this version; undefined when it can. */
export async function findObstacle(run: Run, serverMajor: number): Promise<string | undefined> {
  for (const tool of ['pg_dump', 'pg_restore'] as const) {
    const major = await findVersion(run, tool);
    if (major === undefined) return `${tool} is not on the PATH`;
    if (major < serverMajor) return `${tool} ${major} is older than the server (${serverMajor})`;
  }
  return undefined;
}

async function start({ io }: Run, tool: Tool, args: readonly string[], connection: Record<string, string>) {
  const { PATH = '', HOME = '' } = readEnvironment(io);
  const child = spawn(tool, args, {
    env: { PATH, HOME, LC_ALL: 'C', ...connection },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(io.signal && { signal: io.signal }),
  });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: code as number | null, stdout, stderr };
}

/** Query parameters of a URL that libpq takes from the environment. */
const PARAMETERS = { sslmode: 'PGSSLMODE', sslrootcert: 'PGSSLROOTCERT', sslcert: 'PGSSLCERT', sslkey: 'PGSSLKEY' };

/** The connection as libpq's variables: everybody may read the arguments of a process, only its owner these. */
function connectionOf(url: string): Record<string, string> {
  const { host, port, user, password, database } = new pg.Client(url);
  const given = new URL(url).searchParams;
  const ssl = Object.entries(PARAMETERS).flatMap(([name, variable]) => {
    const value = given.get(name);
    return value === null ? [] : [[variable, value === 'no-verify' ? 'require' : value]];
  });
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user ?? '',
    PGDATABASE: database ?? '',
    PGAPPNAME: 'taskctl',
    ...(password && { PGPASSWORD: password }),
    ...Object.fromEntries(ssl),
  };
}
