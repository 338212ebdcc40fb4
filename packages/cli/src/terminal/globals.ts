import { type Command, Option } from 'commander';
import { readEnvironment } from '../connection/environment.ts';
import { failCli } from '../failures.ts';
import { COLOR_MODES, type ColorMode } from './colors.ts';
import { type CliIo, OUTPUT_FORMATS, type OutputFormat } from './io.ts';
import { readTimeZone } from './zones.ts';

/** The options that every command takes, before or after its name. */
export interface Globals {
  readonly format: OutputFormat;
  /** The fields to print, in this order; undefined: those that the format shows by itself. */
  readonly columns?: readonly string[];
  /** Whether values come with the names of their fields. */
  readonly hasHeaders: boolean;
  readonly color: ColorMode;
  /** Where dates without an offset are meant, and shown to people; undefined: where the machine is. */
  readonly timeZone?: string;
  /** The user to act as; undefined: the operator, as the system. */
  readonly as?: string;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** The heading of the global options in a help. */
export const GLOBAL_OPTIONS = 'Global options:';

/** Names that a field's option cannot have. A field that is called like another global takes its place. */
export const RESERVED = new Set(
  'output json columns headers tz as quiet debug help version all url profile input'.split(' '),
);

const createOptions = () => [
  new Option('-o, --output <format>', 'how to print the result').choices(OUTPUT_FORMATS),
  new Option('--json', 'the same as --output json; --json=id,title prints these fields'),
  new Option('--json-fields <fields>', 'what --json=id,title stands for').hideHelp(),
  new Option('--columns <fields>', 'print these fields, in this order: id,title'),
  new Option('--no-headers', 'print values without the names of their fields'),
  new Option('--color <when>', 'colour text for people').choices(COLOR_MODES),
  new Option('--tz <zone>', 'the time zone of dates, as Europe/Berlin [TASKCTL_TZ]'),
  new Option('--as <user>', 'act as this user (e-mail or id) instead of as the system [TASKCTL_AS]'),
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

/** Reads the global options of a command and its parents; the innermost wins. */
export async function readGlobals(command: Command, io: CliIo): Promise<Globals> {
  let given: Given = {};
  for (let at: Command | null = command; at; at = at.parent) given = { ...pickGlobals(at), ...given };
  const environment = readEnvironment(io);
  const as = given.as ?? (environment.TASKCTL_AS?.trim() || undefined);
  if (given.as === '') failCli('cli.usage', '--as needs an e-mail address or an id');
  const timeZone = readTimeZone(given.tz, environment.TASKCTL_TZ);
  const fields = given.jsonFields ?? given.columns;
  return {
    format: given.json || given.jsonFields !== undefined ? 'json' : (given.output ?? 'table'),
    hasHeaders: given.headers ?? true,
    color: given.color ?? 'auto',
    quiet: given.quiet ?? false,
    debug: given.debug ?? false,
    ...(fields !== undefined && { columns: fields.split(',').map((field) => field.trim()) }),
    ...(timeZone !== undefined && { timeZone }),
    ...(as !== undefined && { as }),
  };
}

interface Given {
  output?: OutputFormat;
  json?: boolean;
  jsonFields?: string;
  columns?: string;
  headers?: boolean;
  color?: ColorMode;
  tz?: string;
  as?: string;
  quiet?: boolean;
  debug?: boolean;
}

/** What was typed for the global options of one command; a default of an inner one must not hide it. */
function pickGlobals(command: Command): Given {
  const globals = command.options.filter(({ helpGroupHeading }) => helpGroupHeading === GLOBAL_OPTIONS);
  const names = globals.map((option) => option.attributeName());
  const given = names.filter((name) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(given.map((name) => [name, command.getOptionValue(name)]));
}

/** The same from raw arguments, for errors found before they were all understood. */
export function guessGlobals(argv: readonly string[]): Globals {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  const isJson = options.some((argument, at) => {
    const joined = `${argument} ${options[at + 1] ?? ''}`;
    return /^--json(=|$)/.test(argument) || /^(-o ?|--output[= ])(nd)?(json|yaml)\b/.test(joined);
  });
  const [quiet, debug] = ['--quiet', '--debug'].map((flag) => options.includes(flag)) as [boolean, boolean];
  return { format: isJson ? 'json' : 'table', hasHeaders: true, color: 'auto', quiet, debug };
}
