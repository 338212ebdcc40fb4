import { chmod, chown, lstat, mkdir, mkdtemp, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Package, provideBinaries } from './binaries.ts';
import { failEmbedded } from './failure.ts';
import { canReach, listRunners, ownRunner, type RootStrategy, type Runner, runAs } from './privileges.ts';

/** Who runs the server, with which programs, and where its data are or will be. */
export interface Placement {
  readonly runner: Runner;
  /** The folder of `postgres` and `initdb`. */
  readonly binaries: string;
  /** The folder in which the data folder `postgres` lies. */
  readonly home: string;
}

/** What a placement depends on. */
export interface PlacementOptions {
  readonly source: Package;
  readonly directory: string;
  /** The data folder, where one exists. */
  readonly data: string | undefined;
  readonly rootStrategy: RootStrategy | undefined;
  /** Where root may put what an unprivileged user has to reach. */
  readonly systemDirectory: string;
}

/** Lets the runner's group pass through the folder (0710), which it still can neither list nor read. */
async function openFolder(runner: Runner, folder: string): Promise<boolean> {
  if (await canReach(runner, folder)) return true;
  if (!runner.owner || !(await canReach(runner, dirname(folder)))) return false;
  const { uid, mode } = await stat(folder);
  await chown(folder, uid, runner.owner.gid);
  await chmod(folder, (mode & 0o7777) | 0o010);
  return canReach(runner, folder);
}

/** A new folder of the system's for the data, which every user may pass through but only root may change. */
async function createSystemHome(systemDirectory: string): Promise<string> {
  const made = await mkdir(systemDirectory, { recursive: true });
  if (made) await chmod(systemDirectory, 0o755);
  const home = await mkdtemp(join(systemDirectory, 'data-'));
  await chmod(home, 0o711);
  return home;
}

/** The folder for the data of this runner: beside the app's own where it can be, or undefined. */
async function findHome(runner: Runner, options: PlacementOptions): Promise<string | undefined> {
  const { directory, data, systemDirectory } = options;
  const home = data ? dirname(data) : directory;
  if (await openFolder(runner, home)) return home;
  // Existing data are not moved, and an ordinary user has no folder of the system's.
  if (data || !runner.owner) return undefined;
  const created = await createSystemHome(systemDirectory);
  return (await canReach(runner, created)) ? created : undefined;
}

/** Data that root served in a namespace become the account's when namespaces are refused now. */
async function giveData(runner: Runner, data: string | undefined): Promise<void> {
  if (!runner.owner || !data || (await stat(data)).uid === runner.owner.uid) return;
  const { uid, gid } = runner.owner;
  const { code, output } = await runAs(ownRunner, 'chown', ['-R', `${uid}:${gid}`, data]);
  if (code !== 0) failEmbedded(`The data in ${data} could not be given to the user ${uid}: ${output}`);
}

/** Decides who runs the server and where; fails with what to change where nobody can. */
export async function choosePlacement(options: PlacementOptions): Promise<Placement> {
  const { source, directory, data, rootStrategy, systemDirectory } = options;
  const owner = data ? await lstat(data) : undefined;
  for (const runner of await listRunners({ owner, rootStrategy })) {
    const home = await findHome(runner, options);
    if (!home) continue;
    const places = runner.owner ? [directory, systemDirectory] : [directory];
    const binaries = await provideBinaries(runner, source, places);
    await giveData(runner, data);
    return { runner, binaries, home };
  }
  return failEmbedded(
    `PostgreSQL cannot run on ${data ?? directory}: no unprivileged user can reach it, and user namespaces are refused. ` +
      'Move the folder to where other users can pass, or set DATABASE_URL to a PostgreSQL of your own',
  );
}
