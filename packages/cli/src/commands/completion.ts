import { Argument, type Command } from 'commander';
import { addCommand, setAction } from '../terminal/commands.ts';
import { addGlobals } from '../terminal/global-options.ts';
import type { Run } from '../terminal/run.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `taskctl completion <shell>`, and the hidden `taskctl complete -- <words>` that its scripts ask. */
export function addCompletionCommands(program: Command, run: Run): void {
  const completion = addCommand(program, 'completion', 'Print a script by which a shell completes commands of taskctl');
  completion.addArgument(new Argument('<shell>', 'the shell').choices(SHELLS));
  completion.addHelpText('after', '\nIn ~/.bashrc: source <(taskctl completion bash)');
  setAction(completion, run, async () => {
    const { SCRIPTS } = await import('../completion/scripts.ts');
    const shell = completion.args[0] as (typeof SHELLS)[number];
    const text = SCRIPTS[shell];
    await run.reporter.print({ kind: 'record', item: { shell, script: text }, text });
  });
  addCompleteCommand(program, run);
}

function addCompleteCommand(program: Command, run: Run): void {
  const complete = addGlobals(program.command('complete [words...]', { hidden: true }));
  setAction(complete, run, async () => {
    const { findCandidates } = await import('../completion/candidates.ts');
    const { FILES } = await import('../completion/scripts.ts');
    const { words, hasFiles } = findCandidates(program, complete.args);
    const lines = [...words.map(({ value, description }) => `${value}\t${description}`), ...(hasFiles ? [FILES] : [])];
    const text = lines.map((line) => `${line}\n`).join('');
    await run.reporter.print({ kind: 'record', item: { words, hasFiles }, text });
  });
}
