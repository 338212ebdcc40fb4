import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findCluster } from './cluster.ts';
import { ADMIN_ROLE, createUrl } from './credentials.ts';
import { prepareDatabase } from './database.ts';
import { codeOf, failEmbedded } from './failure.ts';
import { createLease, type Lease } from './lease.ts';
import { withLock } from './lock.ts';
import { watchLog } from './log-file.ts';
import type { RootStrategy } from './privileges.ts';
import { joinServer, logFileOf, type Running, startOn } from './running.ts';
import { stopServer } from './server.ts';

/** This process's use of an embedded PostgreSQL. */
export interface EmbeddedPostgres {
  /** postgres:// URL of the application database, loopback only, with its generated password; its role is no superuser. */
  readonly url: string;
  /** The same server as the superuser, on the database `postgres`: for maintenance and tests. */
  readonly adminUrl: string;
  /** True when this call started the server, false when it joined a running one. */
  readonly started: boolean;
  /** Gives up this process's use; the last user stops the server. Idempotent. */
  release(): Promise<void>;
}

/** How to open it. Only `directory` matters to an app; the rest is for tests and odd systems. */
export interface EmbeddedPostgresOptions {
  /** The folder of the data, the log and the password, made with mode 0700; an absolute path. */
  readonly directory: string;
  readonly log?: (line: string) => void;
  /** The application database, `taskapp` by default. */
  readonly database?: string;
  /** PostgreSQL settings for the run, if this call starts it. */
  readonly settings?: Readonly<Record<string, string>>;
  /** As root: the one way to leave root's privileges, instead of the first that works. */
  readonly rootStrategy?: RootStrategy;
  /** As root: the place for what an unprivileged user must reach and cannot in `directory`. */
  readonly systemDirectory?: string;
}

const lockOf = (directory: string): string => join(directory, 'postgres.lock');

function createHandle(options: { directory: string; running: Running; lease: Lease; url: string }): EmbeddedPostgres {
  const { directory, running, lease, url } = options;
  const { data, password, server, started } = running;
  const unwatch = watchLog(logFileOf(directory));
  let released: Promise<void> | undefined;
  const release = (): Promise<void> =>
    withLock(lockOf(directory), async () => {
      unwatch();
      if (await lease.end()) await stopServer(data);
    });
  return {
    url,
    adminUrl: createUrl({ role: ADMIN_ROLE, password, port: server.port, database: 'postgres' }),
    started,
    release: () => {
      released ??= release();
      return released;
    },
  };
}

async function openInLock(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { directory, database = 'taskapp' } = options;
  const data = await findCluster(directory);
  const running = (data && (await joinServer(directory, data))) || (await startOn(data, options));
  const lease = await createLease(join(directory, 'postgres.users'));
  try {
    const { server, password, isNew } = running;
    const url = await prepareDatabase({ directory, port: server.port, password, database, isNew });
    return createHandle({ directory, running, lease, url });
  } catch (error) {
    if ((await lease.end()) && running.started) await stopServer(running.data);
    throw error;
  }
}

/**
 * Starts the PostgreSQL whose data are under `directory`, made on first use, or joins the one that runs there. Safe to
 * call from any number of processes at once. The server outlives a caller that is killed; the next call joins it.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const directory = await realpath(options.directory);
    return await withLock(lockOf(directory), () => openInLock({ ...options, directory }));
  } catch (error) {
    if (!(error instanceof Error) || 'kind' in error) throw error;
    const hint = codeOf(error) === 'EACCES' ? ' (does it belong to another user?)' : '';
    return failEmbedded(`The embedded PostgreSQL in ${options.directory} failed: ${error.message}${hint}`, error);
  }
}
