import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { failCli } from '../failures.ts';
import type { CliIo } from '../terminal/io.ts';

/** Variables of the process and of `.env` together. */
export type Environment = CliIo['env'];

/** Reads `.env` in the working directory, if there is one; variables of the process win over it. */
export const readEnvironment = (io: CliIo): Environment => {
  const [own, file] = readEnvironments(io);
  return { ...file.variables, ...own.variables };
};

/** Variables, and where they are set. */
interface Variables {
  readonly origin: 'environment' | '.env';
  readonly variables: Environment;
}

/** The variables of the process and those of `.env`, those that win first. */
export const readEnvironments = (io: CliIo): readonly [Variables, Variables] => [
  { origin: 'environment', variables: withoutEmpty(io.env) },
  { origin: '.env', variables: readFile(io) },
];

function readFile({ cwd }: CliIo): Environment {
  try {
    return parseEnv(readFileSync(resolve(cwd, '.env'), 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    return failCli('cli.usage', `.env cannot be read (${code})`, { cause: error });
  }
}

const withoutEmpty = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));

/** True when the variable is set, itself or as a file that holds the value. */
export const isSet = (environment: Environment, name: string): boolean =>
  Boolean(environment[name]?.trim() || environment[`${name}_FILE`]?.trim());

/** The folder of the embedded database and the generated secrets. */
export const dataDirectory = (environment: Environment, { cwd }: CliIo): string =>
  resolve(cwd, environment.TASKAPP_DATA?.trim() || '.taskapp');
