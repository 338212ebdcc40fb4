import { failCli } from '../failures.ts';
import type { ConfigFile, Profile } from './config-file.ts';
import { readSettingName, SETTINGS, type SettingName } from './setting-names.ts';

interface Change {
  readonly profile: string;
  readonly name: SettingName;
  /** Undefined takes it out. */
  readonly value: string | undefined;
}

/** The configuration with one setting of one profile changed. */
export function setValue(config: ConfigFile, { profile, name, value }: Change): ConfigFile {
  const { [name]: _old, ...others } = config.profiles[profile] ?? {};
  const changed = value === undefined ? others : { ...others, [name]: value };
  checkTogether(changed);
  return { ...config, profiles: { ...config.profiles, [profile]: changed } };
}

/** Settings as they are given to a new profile: `url=https://tasks.example.com`. */
export function readAssignments(words: readonly string[]): Profile {
  const entries = words.map((word) => {
    const [given = '', ...rest] = word.split('=');
    if (rest.length === 0) failCli('cli.usage', `"${word}" is no setting: write <name>=<value>`);
    const name = readSettingName(given);
    return [name, SETTINGS[name].read(rest.join('='))] as const;
  });
  const profile: Profile = Object.fromEntries(entries);
  checkTogether(profile);
  return profile;
}

function checkTogether({ url, as }: Profile): void {
  if (url === undefined || as === undefined) return;
  failCli('cli.usage', 'A profile has a url or a user to act as, not both', {
    hint: 'On a server everybody acts as who has signed in.',
  });
}

/** Refuses what could not be told from other words, or not be typed. */
export function checkProfileName(name: string): void {
  if (/^\w[\w.-]{0,63}$/.test(name)) return;
  failCli('cli.usage', 'The name of a profile is made of at most 64 letters, digits, dots, hyphens and underscores');
}
