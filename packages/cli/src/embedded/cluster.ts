import { chown, mkdir, open, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ADMIN_ROLE, createPassword, createVerifier, findPassword, keepPassword } from './credentials.ts';
import { codeOf, failEmbedded } from './failure.ts';
import type { Placement } from './placement.ts';
import { runAs } from './privileges.ts';
import { createMark } from './processes.ts';

const STAGING = 'postgres.new-';

/** Written to postgresql.conf when the cluster is made, and the operator's to change from then on. */
const SETTINGS = {
  max_connections: '100',
  shared_buffers: '64MB',
  // Errors reach the caller; in the log their statements would be the users' data.
  log_min_messages: 'log',
  log_checkpoints: 'off',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
};

/** The real path of the data folder, or undefined when there are no data yet. Fails rather than hide or replace data. */
export async function findCluster(directory: string): Promise<string | undefined> {
  const link = join(directory, 'postgres');
  const names = await readdir(link).catch(async (error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    return undefined;
  });
  if (names?.includes('PG_VERSION')) return realpath(link);
  if (names && names.length > 0) failEmbedded(`${link} holds files, but no PostgreSQL data: move them away`);
  const isLink = await readdir(directory, { withFileTypes: true }).then((entries) =>
    entries.some((entry) => entry.name === 'postgres' && entry.isSymbolicLink()),
  );
  if (isLink)
    failEmbedded(`The data that ${link} points to are gone: bring them back, or remove the link to begin anew`);
  return undefined;
}

/** Refuses data of another major version, untouched. */
export async function checkVersion(data: string, major: string): Promise<void> {
  const found = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  if (found === major) return;
  failEmbedded(
    `The data in ${data} were made by PostgreSQL ${found}, and this version brings PostgreSQL ${major}. Nothing was ` +
      `changed. Dump them with PostgreSQL ${found} (pg_dump), move the folder away, start again, and restore the dump; ` +
      `or serve them with PostgreSQL ${found} and set DATABASE_URL`,
  );
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/** The folder that initdb works in, with the password beside the data; it is the runner's from the moment it is whole. */
async function createStaging({ runner: { owner } }: Placement, staging: string, password: string): Promise<void> {
  const passwordFile = join(staging, 'password');
  await mkdir(staging, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (!owner) return;
  for (const path of [passwordFile, staging]) await chown(path, owner.uid, owner.gid);
}

async function runInitdb({ runner, binaries }: Placement, staging: string): Promise<void> {
  const { code, output } = await runAs(runner, join(binaries, 'initdb'), [
    `--pgdata=${join(staging, 'data')}`,
    `--username=${ADMIN_ROLE}`,
    `--pwfile=${join(staging, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    '--no-instructions',
    ...Object.entries(SETTINGS).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
  ]);
  if (code !== 0) failEmbedded(`initdb failed: ${output.split('\n').slice(-5).join('\n')}`);
}

/**
 * Makes the cluster aside and renames it into place, so that an interruption at any moment leaves either nothing or
 * all of it. Returns the data folder. Call it inside the lock.
 */
export async function createCluster(directory: string, placement: Placement): Promise<string> {
  const { home } = placement;
  const leftovers = (await readdir(home)).filter((name) => name.startsWith(STAGING));
  for (const name of leftovers) await rm(join(home, name), { recursive: true, force: true, maxRetries: 5 });
  const password = (await findPassword(directory)) ?? createPassword();
  await keepPassword(directory, password);
  const staging = join(home, `${STAGING}${await createMark()}`);
  const data = join(home, 'postgres');
  try {
    await createStaging(placement, staging, password);
    await runInitdb(placement, staging);
    await rename(join(staging, 'data'), data);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  if (home !== directory) await symlink(data, join(directory, 'postgres'));
  for (const folder of [home, directory]) await syncFolder(folder);
  return data;
}

/** The superuser's password. Where its file was lost, a new one is set, which needs the server to be down. */
export async function recoverPassword(directory: string, data: string, placement: Placement): Promise<string> {
  const found = await findPassword(directory);
  if (found) return found;
  const password = createPassword();
  const sql = `alter role ${ADMIN_ROLE} password '${createVerifier(password)}';\n`;
  const args = ['--single', '-D', data, 'postgres'];
  const { code, output } = await runAs(placement.runner, join(placement.binaries, 'postgres'), args, sql);
  if (code !== 0 || /ERROR|FATAL/.test(output)) {
    failEmbedded(`The password of the embedded PostgreSQL was lost and could not be set anew: ${output}`);
  }
  await keepPassword(directory, password);
  return password;
}
