import type { Argument, Command, Option } from 'commander';

/** A word that may come next. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What may come next on a command line. */
export interface Candidates {
  readonly words: readonly Candidate[];
  /** True where the name of a file is wanted. */
  readonly hasFiles: boolean;
}

const FILE = /file|folder|path/i;
const NOTHING: Candidates = { words: [], hasFiles: false };

/** Finds what may stand at the end of `typed`: the words after the program's name, the last one begun or still empty. */
export function findCandidates(program: Command, typed: readonly string[]): Candidates {
  // bash hands over `--status=TODO` in three words.
  const words = typed.filter((word, at) => word !== '=' || at === typed.length - 1);
  const begun = words.at(-1) === '=' ? '' : (words.at(-1) ?? '');
  const place = walk(program, words.slice(0, -1));
  const [flag = '', value] = begun.split('=', 2);
  const assigned = value === undefined ? undefined : optionCalled(place.command, flag);
  if (place.open) return valuesOf(place.open, begun);
  if (assigned) return prefixed(valuesOf(assigned, value ?? ''), `${flag}=`);
  if (place.isOver) return argumentsOf(place, begun);
  if (begun.startsWith('-')) return { words: flagsOf(place.command, begun), hasFiles: false };
  const commands = place.positionals === 0 ? commandsOf(place.command, begun) : [];
  const { words: choices, hasFiles } = argumentsOf(place, begun);
  return { words: [...commands, ...choices], hasFiles };
}

interface Place {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly open?: Option | undefined;
  readonly positionals: number;
  /** After `--` nothing is an option any more. */
  readonly isOver: boolean;
}

function walk(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, positionals: 0, isOver: false };
  for (const word of words) place = step(place, word);
  return place;
}

function step({ command, open, positionals, isOver }: Place, word: string): Place {
  if (open) return { command, positionals, isOver };
  if (word === '--' || isOver) return { command, positionals: positionals + (isOver ? 1 : 0), isOver: true };
  if (word.startsWith('-')) {
    const option = word.includes('=') ? undefined : optionCalled(command, word);
    return { command, positionals, isOver, open: option?.required ? option : undefined };
  }
  const child = positionals === 0 ? command.commands.find((one) => namesOf(one).includes(word)) : undefined;
  return child ? { command: child, positionals: 0, isOver } : { command, positionals: positionals + 1, isOver };
}

const namesOf = (command: Command): string[] => [command.name(), ...command.aliases()];

const optionCalled = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ long, short }) => flag !== '' && (long === flag || short === flag));

function commandsOf(command: Command, begun: string): Candidate[] {
  const visible = command.createHelp().visibleCommands(command);
  const all = visible.map((one) => ({ value: one.name(), description: one.summary() || one.description() }));
  return all.filter(({ value }) => value.startsWith(begun));
}

function flagsOf(command: Command, begun: string): Candidate[] {
  const visible = command.createHelp().visibleOptions(command);
  const all = visible.map(({ long, short, description }) => ({ value: long ?? short ?? '', description }));
  return all.filter(({ value }) => value.startsWith(begun));
}

const valuesOf = ({ argChoices, flags }: Option, begun: string): Candidates => choose(argChoices, begun, flags);

function argumentsOf({ command, positionals }: Place, begun: string): Candidates {
  const wanted: readonly Argument[] = command.registeredArguments;
  const last = wanted.at(-1);
  const argument = wanted[positionals] ?? (last?.variadic ? last : undefined);
  return argument ? choose(argument.argChoices, begun, argument.name()) : NOTHING;
}

/** Values are completed whatever their case, as they are accepted. */
function choose(choices: readonly string[] | undefined, begun: string, name: string): Candidates {
  if (!choices) return { words: [], hasFiles: FILE.test(name) };
  const fitting = choices.filter((choice) => choice.toLowerCase().startsWith(begun.toLowerCase()));
  return { words: fitting.map((value) => ({ value, description: '' })), hasFiles: false };
}

const prefixed = ({ words, hasFiles }: Candidates, prefix: string): Candidates => ({
  words: words.map(({ value, description }) => ({ value: prefix + value, description })),
  hasFiles,
});
