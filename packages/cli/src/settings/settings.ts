import { readEnvironments } from '../connection/environment.ts';
import { failCli } from '../failures.ts';
import type { CliIo } from '../terminal/io.ts';
import { type ConfigFile, readConfig } from './config-file.ts';
import { SETTING_NAMES, SETTINGS, type SettingName } from './setting-names.ts';

/** A value, and who says so. */
export interface Setting {
  readonly value: string;
  /** `flag`, `environment`, `.env`, or `profile <name>`. */
  readonly origin: string;
}

/** What counts in one run. */
export interface Settings {
  readonly profile: Setting & { readonly exists: boolean };
  readonly values: Readonly<Partial<Record<SettingName, Setting>>>;
  /** An access token that somebody else takes care of. */
  readonly token?: Setting;
}

/** What was typed; false: none, whatever others say. */
export type Flags = Readonly<Partial<Record<SettingName | 'profile', string | false | undefined>>>;

/** The profile that is in use as long as nobody names one. */
export const DEFAULT_PROFILE = 'default';

/** Finds what counts: flags before variables, these before `.env`, and that before the profile. */
export function readSettings(io: CliIo, flags: Flags): Settings {
  const environments = readEnvironments(io);
  const config = readConfig(io);
  const fromVariable = (variable: string): Setting | undefined => {
    const found = environments.find(({ variables }) => variables[variable]?.trim());
    return found && { value: found.variables[variable]?.trim() ?? '', origin: found.origin };
  };
  const profile = chooseProfile(config, flags.profile, fromVariable('TASKCTL_PROFILE'));
  const find = (name: SettingName): Setting | undefined => {
    const flag = flags[name];
    if (flag === false) return undefined;
    if (flag !== undefined) return { value: flag, origin: 'flag' };
    const stored = config.profiles[profile.value]?.[name];
    return (
      fromVariable(SETTINGS[name].variable) ??
      (stored === undefined ? undefined : { value: stored, origin: `profile ${profile.value}` })
    );
  };
  const values = SETTING_NAMES.flatMap((name) => {
    const found = find(name);
    return found ? [[name, { ...found, value: SETTINGS[name].read(found.value) }] as const] : [];
  });
  const token = fromVariable('TASKCTL_TOKEN');
  return { profile, values: Object.fromEntries(values), ...(token && { token }) };
}

/** The profile that is named, in use, or there without being made. */
function chooseProfile({ profile, profiles }: ConfigFile, flag: Flags['profile'], variable?: Setting) {
  const named = flag ? { value: flag, origin: 'flag' } : variable;
  const chosen = named ?? { value: profile ?? DEFAULT_PROFILE, origin: profile ? 'configuration' : 'default' };
  return { ...chosen, exists: chosen.value === DEFAULT_PROFILE || Object.hasOwn(profiles, chosen.value) };
}

/** Refuses a profile that nobody has made. */
export function requireProfile({ profile: { value, origin, exists } }: Settings): void {
  if (exists) return;
  failCli('cli.usage', `There is no profile "${value}" (${origin})`, {
    hint: `See \`taskctl profile list\`; \`taskctl profile add ${value}\` makes it.`,
  });
}
