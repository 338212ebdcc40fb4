import type { Command } from 'commander';
import { readEnvironment } from '../connection/environment.ts';
import { readSettings, requireProfile, type Settings } from '../settings/settings.ts';
import type { ColorMode } from './colors.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { type CliIo, isInteractive, type OutputFormat } from './io.ts';

/** How results are printed, and what is said besides. */
export interface Printing {
  readonly format: OutputFormat;
  /** The fields to print, in this order; undefined: those that the format shows by itself. */
  readonly columns?: readonly string[];
  /** Whether values come with the names of their fields. */
  readonly hasHeaders: boolean;
  readonly color: ColorMode;
  /** Where dates without an offset are meant, and shown to people; undefined: where the machine is. */
  readonly timeZone?: string;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** The options that every command takes, before or after its name, and what stands in for them. */
export interface Globals extends Printing {
  readonly settings: Settings;
  /** The user to act as; undefined: the operator, as the system. */
  readonly as?: string;
  /** The server to work on; undefined: the database. */
  readonly url?: string;
  /** A question would reach a person, and may be asked. */
  readonly canAsk: boolean;
  /** An access token comes as a line of stdin. */
  readonly tokenStdin: boolean;
}

/** Reads the global options of a command and its parents; the innermost wins. */
export async function readGlobals(command: Command, io: CliIo): Promise<Globals> {
  let given: Given = {};
  for (let at: Command | null = command; at; at = at.parent) given = { ...pickGlobals(at), ...given };
  const { tz: timezone, json, jsonFields, columns, headers = true, color = 'auto', output, profile, ...flags } = given;
  const isJson = json === true || jsonFields !== undefined;
  const { as, url } = flags;
  const settings = readSettings(io, { profile, output: isJson ? 'json' : output, timezone, as, url });
  if (command.parent?.name() !== 'profile') requireProfile(settings);
  const { values } = settings;
  const fields = jsonFields ?? columns;
  const format = (values.output?.value ?? 'table') as OutputFormat;
  return {
    settings,
    format,
    hasHeaders: headers,
    color,
    quiet: flags.quiet ?? false,
    debug: flags.debug ?? false,
    canAsk: flags.input !== false && !readEnvironment(io).TASKCTL_NO_INPUT && isInteractive(io, format),
    tokenStdin: flags.tokenStdin ?? false,
    ...(fields !== undefined && { columns: fields.split(',').map((field) => field.trim()) }),
    ...(values.timezone && { timeZone: values.timezone.value }),
    ...(values.as && { as: values.as.value }),
    ...(values.url && { url: values.url.value }),
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
  url?: string | false;
  input?: boolean;
  tokenStdin?: boolean;
  profile?: string;
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
export function guessGlobals(argv: readonly string[]): Printing {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  const isJson = options.some((argument, at) => {
    const joined = `${argument} ${options[at + 1] ?? ''}`;
    return /^--json(=|$)/.test(argument) || /^(-o ?|--output[= ])(nd)?(json|yaml)\b/.test(joined);
  });
  const [quiet, debug] = ['--quiet', '--debug'].map((flag) => options.includes(flag)) as [boolean, boolean];
  return { format: isJson ? 'json' : 'table', hasHeaders: true, color: 'auto', quiet, debug };
}
