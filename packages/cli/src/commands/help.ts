import type { Command } from 'commander';
import { EXIT_CODES_HELP } from '../exit-codes.ts';
import { failCli } from '../failures.ts';
import { addCommand, setAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';
import { ENVIRONMENT_HELP } from '../topics/environment.ts';
import { FORMATTING_HELP } from '../topics/formatting.ts';

/** Pages of `taskctl help` that belong to no command. */
const TOPICS: Readonly<Record<string, string>> = {
  formatting: FORMATTING_HELP,
  environment: ENVIRONMENT_HELP,
  'exit-codes': EXIT_CODES_HELP,
};

/** `taskctl help`, `taskctl help task create`, `taskctl help exit-codes`. */
export function addHelpCommand(program: Command, run: Run): void {
  const help = addCommand(program, 'help', `explain a command or a topic: ${Object.keys(TOPICS).join(', ')}`);
  help.argument('[topic...]', 'the words of a command, or a topic');
  setAction(help, run, async () => {
    const topic = help.args.join(' ');
    const text = TOPICS[topic] ?? explain(findCommand(program, help.args));
    await run.reporter.print({ kind: 'record', item: { topic, text }, text });
  });
}

/** The help of a command as its `--help` shows it. */
function explain(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (text) => void parts.push(text) });
  command.outputHelp();
  return parts.join('');
}

function findCommand(program: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => {
    const found = command.commands.find((child) => child.name() === word || child.aliases().includes(word));
    return found ?? failCli('cli.usage', `There is no help on "${words.join(' ')}"`, { hint: 'See `taskctl help`.' });
  }, program);
}
