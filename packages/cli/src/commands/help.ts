import type { Command } from 'commander';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { failCli } from '../failures.ts';
import { addCommand } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

/** Pages of `taskctl help` that belong to no command. */
const TOPICS: Readonly<Record<string, string>> = { 'exit-codes': EXIT_CODES_HELP };

/** `taskctl help`, `taskctl help task create`, `taskctl help exit-codes`. */
export function addHelpCommand(program: Command, { io }: Run): void {
  const help = addCommand(program, 'help', `explain a command or a topic: ${Object.keys(TOPICS).join(', ')}`);
  help.argument('[topic...]', 'the words of a command, or a topic').action((words: readonly string[]) => {
    const topic = TOPICS[words.join(' ')];
    if (topic) io.stdout.write(topic);
    else findCommand(program, words).outputHelp();
  });
}

function findCommand(program: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => {
    const found = command.commands.find((child) => child.name() === word || child.aliases().includes(word));
    return found ?? failCli('cli.usage', `There is no help on "${words.join(' ')}"`, { hint: 'See `taskctl help`.' });
  }, program);
}
