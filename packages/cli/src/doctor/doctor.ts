import { type Config, isConfigError, loadConfig } from '@taskapp/http/config';
import { openPool, reasonOf } from '../connection/database.ts';
import { dataDirectory, type Environment, readEnvironment } from '../connection/environment.ts';
import { generateSecrets } from '../connection/secrets-file.ts';
import { type Basis, openBasis } from '../connection/source.ts';
import type { Run } from '../terminal/run.ts';
import { type Check, fail, ok } from './check.ts';
import { checkDataFolder, checkNode } from './machine.ts';
import { checkPooler } from './pooler.ts';
import { checkPostgres } from './postgres.ts';
import { checkRedis } from './redis.ts';

/** Runs every check that can be run; those of a server follow only from a configuration that names it. */
export async function checkAll(run: Run): Promise<Check[]> {
  const environment = readEnvironment(run.io);
  const folder = () => checkDataFolder(dataDirectory(environment, run.io));
  const basis = await openBasis(run, 'server').catch((error: unknown) => ({ error }));
  if ('error' in basis) {
    const failed = fail('postgresql', reasonOf(basis.error), 'Repair it, or set DATABASE_URL to another PostgreSQL.');
    return [checkNode(process.versions.node), await folder(), failed];
  }
  const checks = [checkNode(process.versions.node), ...checkConfig(basis), await folder()];
  const servers = findServers(basis);
  if (!servers) return checks;
  return [...checks, ...(await checkDatabase(run, servers, basis)), ...(await checkRedis(servers.redis))];
}

function checkConfig({ environment, defaults }: Basis): Check[] {
  try {
    loadConfig(environment, defaults);
    return [ok('config', 'every variable is usable; the secrets are strong and differ')];
  } catch (error) {
    if (!isConfigError(error)) throw error;
    return error.problems.map((problem) => fail('config', problem, 'Set the variable, here or in .env.'));
  }
}

const OF_SERVERS = /^(DATABASE|REDIS)_/;

/** The servers, also where the rest of the configuration is not usable. */
function findServers({ environment, defaults }: Basis): Config | undefined {
  const named: Environment = Object.fromEntries(Object.entries(environment).filter(([name]) => OF_SERVERS.test(name)));
  try {
    return loadConfig(named, { ...generateSecrets(), ...defaults });
  } catch (error) {
    if (isConfigError(error)) return undefined;
    throw error;
  }
}

async function checkDatabase(run: Run, { database }: Config, { directory }: Basis): Promise<Check[]> {
  const { directUrl, prepared, pooler } = database;
  const direct = await openPool(run, directUrl);
  const checks = await checkPostgres(direct, directory !== undefined);
  if (checks[0]?.status === 'fail') return checks;
  const url = await openPool(run, database.url, { prepared: false, pooler });
  return [...checks, ...(await checkPooler({ url, direct, prepared, pooler }))];
}
