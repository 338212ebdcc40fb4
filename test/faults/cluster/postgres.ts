import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { findPackage } from '../../../packages/cli/src/embedded/binaries.ts';
import { choosePlacement, type Placement } from '../../../packages/cli/src/embedded/placement.ts';
import { runAs } from '../../../packages/cli/src/embedded/privileges.ts';
import { choosePort } from '../../support/processes.ts';
import { createAdmin } from './postgres-admin.ts';
import { waitForExit } from './processes.ts';

/** A PostgreSQL to crash: fsync on, its superuser `postgres`, its ordinary role and database `app`. */
export interface Postgres {
  readonly port: number;
  readonly pid: number;
  /** Runs SQL as superuser on the database `app`, on a connection that no fault touches. */
  admin<T extends pg.QueryResultRow>(sql: string, values?: unknown[], database?: string): Promise<T[]>;
  /** The URL of a database for the role `app`, through `port`. */
  url(port?: number, database?: string): string;
  start(): Promise<void>;
  /** `SIGKILL`: a crash; `SIGQUIT`: pg_ctl -m immediate. Resolves when the postmaster is gone. */
  kill(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void>;
  stop(): Promise<void>;
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '80',
  shared_buffers: '32MB',
  log_min_messages: 'log',
};

const HOST_RULES = 'host all all 127.0.0.1/32 trust\n';

/** Makes a cluster below `folder` and starts it; what ends it is added to `cleanup` at once. */
export async function startPostgres(
  folder: string,
  cleanup: (() => unknown)[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Postgres> {
  await mkdir(folder, { recursive: true });
  const systemDirectory = join(folder, 'system');
  const placement = await choosePlacement({
    source: await findPackage(),
    directory: folder,
    data: undefined,
    rootStrategy: undefined,
    systemDirectory,
  });
  const data = join(placement.home, 'pgdata');
  await initialise(placement, data);
  const port = await choosePort();
  const server = createServer(placement, data, { ...SETTINGS, ...settings, port: `${port}` });
  cleanup.push(server.stop);
  await server.start();
  const admin = createAdmin(port);
  await admin('create role app login', [], 'postgres');
  await admin('create database app owner app', [], 'postgres');
  const url = (through = port, database = 'app') => `postgres://app@127.0.0.1:${through}/${database}`;
  return {
    ...server,
    port,
    admin,
    url,
    get pid() {
      return server.pid();
    },
  };
}

async function initialise({ runner, binaries }: Placement, data: string): Promise<void> {
  const args = ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-instructions'];
  const { code, output } = await runAs(runner, join(binaries, 'initdb'), args);
  if (code !== 0) throw new Error(`initdb failed: ${output}`);
  const file = await open(join(data, 'pg_hba.conf'), 'w');
  await file.writeFile(HOST_RULES).finally(() => file.close());
}

function createServer({ runner, binaries }: Placement, data: string, settings: Record<string, string>) {
  let child: ChildProcess | undefined;
  const log = join(data, '..', 'postgres.log');
  const launch = async () => {
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const { file, args, identity } = runner.wrap(join(binaries, 'postgres'), ['-D', data, ...flags]);
    const output = await open(log, 'a');
    child = spawn(file, args, { cwd: '/', stdio: ['ignore', output.fd, output.fd], ...identity });
    await output.close();
    return child;
  };
  const start = async () => {
    for (let tries = 0; tries < 200; tries += 1) {
      const started = await launch();
      // Backends of a killed postmaster hold its shared memory for a moment; then it does not start yet.
      if (await becomesReady(started, data)) return;
      await sleep(50);
    }
    throw new Error(`PostgreSQL does not start, see ${log}`);
  };
  const end = async (signal: NodeJS.Signals) => {
    if (!child) return;
    child.kill(signal);
    await waitForExit(child);
  };
  return { pid: () => child?.pid ?? 0, start, kill: end, stop: () => end('SIGINT') };
}

async function becomesReady(child: ChildProcess, data: string): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return true;
    await sleep(5);
  }
  return false;
}
