import { type Command, Option } from 'commander';
import { COLOR_MODES } from './colors.ts';
import { OUTPUT_FORMATS } from './io.ts';

/** The heading of the global options in a help. */
export const GLOBAL_OPTIONS = 'Global options:';

/** Names that a field's option cannot have. A field that is called like another global takes its place. */
export const RESERVED = new Set(
  'output json columns headers tz as quiet debug help version all url profile token input'.split(' '),
);

const createOptions = () => [
  new Option('-o, --output <format>', 'how to print the result [TASKCTL_OUTPUT]').choices(OUTPUT_FORMATS),
  new Option('--json', 'the same as --output json; --json=id,title prints these fields'),
  new Option('--json-fields <fields>', 'what --json=id,title stands for').hideHelp(),
  new Option('--columns <fields>', 'print these fields, in this order: id,title'),
  new Option('--no-headers', 'print values without the names of their fields'),
  new Option('--color <when>', 'colour text for people').choices(COLOR_MODES),
  new Option('--tz <zone>', 'the time zone of dates, as Europe/Berlin [TASKCTL_TZ]'),
  new Option('--as <user>', 'act as this user (e-mail or id) instead of as the system [TASKCTL_AS]'),
  new Option('--url <url>', 'work on this server instead of on the database [TASKCTL_URL]'),
  new Option('--no-url', 'work on the database, whatever the profile says'),
  new Option('--token-stdin', 'with --url: read an access token as a line from stdin [TASKCTL_TOKEN]'),
  new Option('-p, --profile <name>', 'use the settings of this profile [TASKCTL_PROFILE]'),
  new Option('--no-input', 'ask nothing: what is missing is an error [TASKCTL_NO_INPUT]'),
  new Option('-q, --quiet', 'no hints, only the result and errors'),
  new Option('--debug', 'print what the app logs, and the stack of an error'),
];

/**
 * Adds the global options to a command; a command of its own reads them more exactly than its parent could. `own` are
 * options of the command that have the name of a global one: that one has to stand before the command then.
 */
export function addGlobals(command: Command, own: readonly string[] = []): Command {
  const options = createOptions().filter((option) => !own.includes(option.name()));
  for (const option of options) command.addOption(option.helpGroup(GLOBAL_OPTIONS));
  return command.addHelpOption(new Option('-h, --help', 'show this help').helpGroup(GLOBAL_OPTIONS));
}

/** `--json` takes the next argument for nobody's value: commander reads `--json=id` as another option. */
export function separateFields(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, at) => (at < end ? word.replace(/^--json=/, '--json-fields=') : word));
}
