import { type Command, Option } from 'commander';
import { readEnvironment } from '../connection/environment.ts';
import { failCli } from '../failures.ts';
import { type CliIo, OUTPUT_FORMATS, type OutputFormat } from './io.ts';

/** The options that every command takes, before or after its name. */
export interface Globals {
  readonly format: OutputFormat;
  /** The user to act as; undefined: the operator, as the system. */
  readonly as?: string;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** The heading of the global options in a help. */
export const GLOBAL_OPTIONS = 'Global options:';

/** Names that a field's option cannot have. */
export const RESERVED = new Set(['output', 'json', 'as', 'quiet', 'debug', 'help', 'version', 'all']);

/** Adds the global options to a command; a command of its own reads them more exactly than its parent could. */
export function addGlobals(command: Command): Command {
  const options = [
    new Option('-o, --output <format>', 'how to print the result').choices(OUTPUT_FORMATS),
    new Option('--json', 'the same as --output json'),
    new Option('--as <user>', 'act as this user (e-mail or id) instead of as the system [TASKCTL_AS]'),
    new Option('-q, --quiet', 'no hints, only the result and errors'),
    new Option('--debug', 'print what the app logs, and the stack of an error'),
  ];
  for (const option of options) command.addOption(option.helpGroup(GLOBAL_OPTIONS));
  return command.addHelpOption(new Option('-h, --help', 'show this help').helpGroup(GLOBAL_OPTIONS));
}

/** Reads the global options of a command and its parents; the innermost wins. */
export async function readGlobals(command: Command, io: CliIo): Promise<Globals> {
  let given: Given = {};
  for (let at: Command | null = command; at; at = at.parent) given = { ...pickGlobals(at), ...given };
  const as = given.as ?? (readEnvironment(io).TASKCTL_AS?.trim() || undefined);
  if (given.as === '') failCli('cli.usage', '--as needs an e-mail address or an id');
  return {
    format: given.json ? 'json' : (given.output ?? 'table'),
    quiet: given.quiet ?? false,
    debug: given.debug ?? false,
    ...(as !== undefined && { as }),
  };
}

interface Given {
  output?: OutputFormat;
  json?: boolean;
  as?: string;
  quiet?: boolean;
  debug?: boolean;
}

/** `opts()` of an operation also holds its fields, which are never named like these. */
const pickGlobals = (command: Command): Given => command.opts();

/** The same from raw arguments, for errors found before they were all understood. */
export function guessGlobals(argv: readonly string[]): Pick<Globals, 'format' | 'quiet' | 'debug'> {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  const json = options.some((argument, at) => {
    const joined = `${argument} ${options[at + 1] ?? ''}`;
    return argument === '--json' || /^(-o ?|--output[= ])json\b/.test(joined);
  });
  return { format: json ? 'json' : 'table', quiet: options.includes('--quiet'), debug: options.includes('--debug') };
}
