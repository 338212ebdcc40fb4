import { join } from 'node:path';
import { findPackage } from './binaries.ts';
import { checkVersion, createCluster, recoverPassword } from './cluster.ts';
import { findPassword } from './credentials.ts';
import { failEmbedded } from './failure.ts';
import { waitUntilFree } from './guard.ts';
import { choosePlacement } from './placement.ts';
import type { RootStrategy } from './privileges.ts';
import { clearStalePidFile, findServer, type Server } from './server.ts';
import { startServer } from './start.ts';

/** A server that accepts connections. */
export interface Running {
  readonly data: string;
  readonly server: Server;
  /** The superuser's. */
  readonly password: string;
  /** Whether this call started it. */
  readonly started: boolean;
  /** Whether this call made the data, too. */
  readonly isNew: boolean;
}

/** What starting a server takes. */
export interface RunOptions {
  readonly directory: string;
  readonly log?: (line: string) => void;
  readonly settings?: Readonly<Record<string, string>>;
  readonly rootStrategy?: RootStrategy;
  readonly systemDirectory?: string;
}

const SYSTEM_DIRECTORY = '/var/lib/taskapp';

/** The server's log. */
export const logFileOf = (directory: string): string => join(directory, 'postgres.log');

/** The server that runs on the data; undefined when none does. Call it inside the lock. */
export async function joinServer(directory: string, data: string): Promise<Running | undefined> {
  const server = await findServer(data);
  if (!server) return undefined;
  const password = await findPassword(directory);
  if (password) return { data, server, password, started: false, isNew: false };
  return failEmbedded(
    `The embedded PostgreSQL runs (process ${server.pid}), but its password is no longer in ${directory}. ` +
      'Stop whatever uses it and start again: a new password is set',
  );
}

/** Starts the server on the data found, or on new data. Call it inside the lock, when no server runs. */
export async function startOn(found: string | undefined, options: RunOptions): Promise<Running> {
  const { directory, rootStrategy, systemDirectory = SYSTEM_DIRECTORY, settings = {}, log } = options;
  const source = await findPackage();
  const major = String(Number.parseInt(source.version, 10));
  if (found) await checkVersion(found, major);
  const placement = await choosePlacement({ source, directory, data: found, rootStrategy, systemDirectory });
  if (!found) log?.(`Creating a PostgreSQL ${major} database cluster in ${placement.home}`);
  const data = found ?? (await createCluster(directory, placement));
  await waitUntilFree(data, placement.runner);
  await clearStalePidFile(data);
  const password = await recoverPassword(directory, data, placement);
  const server = await startServer({ data, logFile: logFileOf(directory), placement, settings });
  log?.(`PostgreSQL ${major} runs on 127.0.0.1:${server.port}, process ${server.pid}, data in ${data}`);
  return { data, server, password, started: true, isNew: !found };
}
