import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { failCli } from '../failures.ts';
import type { CliIo } from '../terminal/io.ts';
import { readPrivateFile, SHARED, writePrivateFile } from './private-file.ts';
import { isSettingName, type SettingName } from './setting-names.ts';

/** What a profile says; a setting of a newer taskctl stays where it is. */
export type Profile = Readonly<Partial<Record<SettingName, string>>>;

/** The user's own configuration: named sets of settings, and which of them counts. */
export interface ConfigFile {
  /** The profile in use, where none is named. */
  readonly profile?: string;
  readonly profiles: Readonly<Record<string, Profile>>;
}

/** The folder of taskctl below `$XDG_CONFIG_HOME`, or `~/.config`. */
export function configFolder({ env: { XDG_CONFIG_HOME = '', HOME } }: CliIo): string {
  const base = isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(HOME || homedir(), '.config');
  return join(base, 'taskctl');
}

export const configFileOf = (io: CliIo): string => join(configFolder(io), 'config.json');

/** Reads the configuration; an empty one where there is no file. Text that makes no sense is refused by name. */
export function readConfig(io: CliIo): ConfigFile {
  const file = configFileOf(io);
  const { profile, profiles = {}, ...others } = readPrivateFile(file, SHARED.writable) ?? {};
  const isUsable = (profile === undefined || typeof profile === 'string') && isRecord(profiles);
  if (!isUsable || !Object.values(profiles).every(isProfile)) {
    failCli('cli.file', `${file} is not a configuration of taskctl`, { hint: 'See `taskctl help environment`.' });
  }
  return { ...others, ...(profile !== undefined && { profile }), profiles: profiles as ConfigFile['profiles'] };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isProfile = (value: unknown): boolean =>
  isRecord(value) && Object.entries(value).every(([name, text]) => !isSettingName(name) || typeof text === 'string');

/** Changes the configuration; of several processes that do it at once, each finds what the others have written. */
export async function updateConfig(io: CliIo, change: (config: ConfigFile) => ConfigFile): Promise<void> {
  const file = configFileOf(io);
  const { withLock } = await import('../embedded/lock.ts');
  await withLock(join(dirname(file), 'lock'), () => writePrivateFile(file, change(readConfig(io))));
}
