import { readFileSync } from 'node:fs';
import { type Argument, Command, Help, type Option } from 'commander';
import { failCli } from '../failures.ts';
import type { Settings } from '../settings/settings.ts';
import { addGlobals, GLOBAL_OPTIONS } from './global-options.ts';
import { type Globals, readGlobals } from './globals.ts';
import type { Run } from './run.ts';

const DEFAULT_WIDTH = 100;

/** Makes the program itself: it throws instead of exiting, and writes where the run says. */
export function createRoot({ io: { stdout, stderr } }: Run): Command {
  const program = new Command('taskctl')
    .description('Run the task app and operate it from a terminal')
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError()
    .helpCommand(false)
    .version(readVersion(), '--version', 'print the version')
    .configureHelp({ subcommandTerm: describeTerm, groupItems: groupGlobalsLast })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? DEFAULT_WIDTH,
      getErrHelpWidth: () => stderr.columns ?? DEFAULT_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  program.addHelpText(
    'after',
    '\n`taskctl help <command>` explains a command; `taskctl help formatting`, `environment` and `exit-codes` the rest.',
  );
  return addGlobals(program);
}

/** Every command has options; only its arguments tell it from others. */
const describeTerm = (command: Command): string => {
  const names = [command.name(), ...command.aliases()].join('|');
  return [names, ...command.registeredArguments.map(describeArgument)].join(' ');
};

const describeArgument = (argument: Argument) => {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
};

/** What a command has of its own comes before what all have. */
function groupGlobalsLast<T extends Command | Option>(
  this: Help,
  items: T[],
  visible: T[],
  groupOf: (item: T) => string,
): Map<string, T[]> {
  const groups = Help.prototype.groupItems.call(this, items, visible, groupOf as never) as Map<string, T[]>;
  const globals = groups.get(GLOBAL_OPTIONS);
  if (globals && groups.delete(GLOBAL_OPTIONS)) groups.set(GLOBAL_OPTIONS, globals);
  return groups;
}

/** The version of this taskctl. Sources and build lie equally deep below the manifest. */
export const readVersion = (): string =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

/** Adds a command that does something. */
export const addCommand = (parent: Command, name: string, summary: string): Command =>
  addGlobals(parent.command(name).description(summary));

/** Adds a command that only holds others. */
export const addGroup = (parent: Command, name: string, summary: string): Command =>
  addGlobals(parent.command(name).summary(summary).usage('<command> [options]').helpCommand(false));

/** Lets a command run `work` with the global options that it was given. */
export function setAction(
  command: Command,
  { io, reporter }: Run,
  work: (globals: Globals, options: Readonly<Record<string, unknown>>) => Promise<void>,
): void {
  command.action(async () => {
    const globals = await readGlobals(command, io);
    reporter.configure(globals);
    await work(globals, command.opts());
  });
}

/** The same for a command that only works on a database: one that is told to work on a server is refused. */
export function setDatabaseAction(
  command: Command,
  run: Run,
  work: (globals: Globals, options: Readonly<Record<string, unknown>>) => Promise<void>,
): void {
  setAction(command, run, async (globals, options) => {
    refuseServer(run, globals.settings);
    await work(globals, options);
  });
}

/** Who names a server for this command means it; who has one in the profile need not. */
function refuseServer({ reporter }: Run, { values: { url }, profile }: Settings): void {
  if (!url) return;
  if (url.origin === 'flag' || (profile.origin === 'flag' && url.origin.startsWith('profile '))) {
    failCli('cli.usage', `This command works on the database of this machine, not on a server (${url.value})`, {
      hint: 'Leave out --url and --profile, or add --no-url.',
    });
  }
  reporter.hint(`On the database, not on ${url.value} (${url.origin})`);
}
