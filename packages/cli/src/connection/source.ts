import type { Config } from '@taskapp/http/config';
import { failCli } from '../failures.ts';
import type { Run } from '../terminal/run.ts';
import { dataDirectory, type Environment, isSet, readEnvironment } from './environment.ts';
import { generateSecrets, openSecrets } from './secrets-file.ts';

/** Where the data of a run are, and how the app is configured for them. */
export interface Source {
  readonly config: Config;
  /** The data folder of the embedded PostgreSQL, which takes its migrations by itself; undefined for any other. */
  readonly directory?: string;
  /** False when the run made up secrets, so that no server would accept its tokens. */
  readonly hasSecrets: boolean;
}

/**
 * What the database is needed for: `maintenance` goes around a pooler and has no time limits, a `server` hands out
 * tokens and so has to be given its secrets.
 */
export type Purpose = 'operations' | 'maintenance' | 'server';

/** What the environment leaves open, and where it comes from. */
export interface Basis extends Omit<Source, 'config'> {
  readonly environment: Environment;
  readonly defaults: Environment;
}

/**
 * Finds the database: DATABASE_URL, otherwise the embedded PostgreSQL in the data folder, which is joined or started
 * and released at the end of the run.
 */
export async function openBasis(run: Run, purpose: Purpose, overrides: Environment = {}): Promise<Basis> {
  const environment = { ...readEnvironment(run.io), ...overrides };
  if (!isSet(environment, 'DATABASE_URL')) return openEmbedded(run, environment);
  const hasSecrets = isSet(environment, 'JWT_ACCESS_SECRET') && isSet(environment, 'JWT_REFRESH_SECRET');
  return { environment, hasSecrets, defaults: purpose === 'server' ? {} : { ...generateSecrets() } };
}

async function openEmbedded(run: Run, environment: Environment): Promise<Basis> {
  const { openEmbeddedPostgres } = await import('../embedded/embedded.ts');
  const directory = dataDirectory(environment, run.io);
  const embedded = await openEmbeddedPostgres({ directory, log: (line) => run.reporter.debug(line) });
  run.defer(() => embedded.release());
  const defaults = { DATABASE_URL: embedded.url, AUTO_MIGRATE: 'true', ...(await openSecrets(directory)) };
  return { environment, directory, hasSecrets: true, defaults };
}

/**
 * Finds the database and checks the configuration, in which options of the command (`overrides`) win. Every problem is
 * named, no value is.
 */
export async function openSource(run: Run, purpose: Purpose, overrides?: Environment): Promise<Source> {
  const { environment, defaults, ...found } = await openBasis(run, purpose, overrides);
  const { isConfigError, loadConfig } = await import('@taskapp/http/config');
  try {
    return { ...found, config: loadConfig(environment, defaults) };
  } catch (error) {
    if (!isConfigError(error)) throw error;
    const problems = error.problems.map((message) => ({ path: '', message }));
    return failCli('cli.usage', 'The configuration is not usable', { problems, cause: error });
  }
}
