import { readFileSync } from 'node:fs';
import { type Config, structure } from './config.structure.ts';
import { findConflicts, variables } from './config.variables.ts';

export type { Config };

/** Environment variables as Node has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown by `loadConfig`; `problems` has one line for each variable that is wrong, without its value. */
export interface ConfigError extends Error {
  readonly code: 'config.invalid';
  readonly problems: readonly string[];
}

/** True for the error that `loadConfig` throws. */
export const isConfigError = (error: unknown): error is ConfigError =>
  error instanceof Error && 'code' in error && error.code === 'config.invalid';

/**
 * Reads the environment. An empty variable counts as unset; `NAME_FILE` names a file that holds the value of a secret.
 *
 * @param defaults variables that apply where the environment is silent, such as those of an embedded database
 * @throws ConfigError that lists every problem at once
 */
export function loadConfig(environment: Environment, defaults: Environment = {}): Config {
  const problems: string[] = [];
  const given = { ...withoutEmpty(defaults), ...withoutEmpty(environment), ...readFiles(environment, problems) };
  const parsed = variables.safeParse(given);
  // One problem a variable: the first one, unless its file could not be read at all.
  const named = new Set(problems.map((problem) => problem.split('_FILE')[0]));
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0]);
    if (!named.has(name)) problems.push(`${name} ${message}`);
    named.add(name);
  }
  if (parsed.data) problems.push(...findConflicts(parsed.data));
  if (parsed.data && problems.length === 0) return structure(parsed.data);
  const message = `The configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  throw Object.assign(new Error(message), { name: 'ConfigError', code: 'config.invalid' as const, problems });
}

const withoutEmpty = (environment: Environment) =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''));

const FROM_FILE = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'REDIS_URL',
  'JWT_ACCESS_SECRET',
  'JWT_REFRESH_SECRET',
  'METRICS_TOKEN',
];

function readFiles(environment: Environment, problems: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of FROM_FILE) {
    const file = environment[`${name}_FILE`]?.trim();
    if (!file) continue;
    if (environment[name]?.trim()) problems.push(`${name}_FILE is set together with ${name}; set one of them`);
    try {
      const value = readFileSync(file, 'utf8').trim();
      if (value) found[name] = value;
    } catch (error) {
      problems.push(`${name}_FILE names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
  }
  return found;
}
