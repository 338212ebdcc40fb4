import { failCli } from '../failures.ts';
import { OUTPUT_FORMATS } from '../terminal/io.ts';
import { readTimeZone } from '../terminal/zones.ts';

/** One thing that a profile can say. */
interface SettingSpec {
  /** The variable that says it for one command or one shell. */
  readonly variable: string;
  readonly summary: string;
  /** The value as it counts; refuses one that cannot be meant. */
  readonly read: (text: string) => string;
}

/** Everything that a profile can say, in the order in which it is listed. */
export const SETTINGS = {
  url: { variable: 'TASKCTL_URL', summary: 'the server to work on, in place of the database', read: readUrl },
  output: { variable: 'TASKCTL_OUTPUT', summary: 'how to print results', read: readOutput },
  as: { variable: 'TASKCTL_AS', summary: 'the user to act as, on a database', read: readActor },
  timezone: { variable: 'TASKCTL_TZ', summary: 'the time zone of dates', read: (text) => readTimeZone(text) ?? '' },
} as const satisfies Record<string, SettingSpec>;

export type SettingName = keyof typeof SETTINGS;

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);

/** The name of a setting as it was typed. */
export function readSettingName(name: string): SettingName {
  if (isSettingName(name)) return name;
  return failCli('cli.usage', `There is no setting "${name}"`, { hint: `Settings: ${SETTING_NAMES.join(', ')}` });
}

/** The address of a server, with the prefix below which it is mounted and nothing else. */
function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    return failCli('cli.usage', 'The url of a server begins with http:// or https://', {
      hint: 'For example https://tasks.example.com, without /api.',
    });
  }
  if (url.username || url.password || url.search || url.hash) {
    failCli('cli.usage', 'The url of a server has no user name, no password and no query', {
      hint: 'Sign in with `taskctl auth login`.',
    });
  }
  return url.origin + url.pathname.replace(/(?<!\/)\/+$/, '');
}

function readOutput(text: string): string {
  const format = OUTPUT_FORMATS.find((known) => known === text);
  return format ?? failCli('cli.usage', `The output is one of ${OUTPUT_FORMATS.join(', ')}`);
}

function readActor(text: string): string {
  return text.trim() || failCli('cli.usage', 'The user to act as is an e-mail address or an id');
}
