import type { Command } from 'commander';
import type { SpecOf } from '../references.ts';
import { addCommand, setAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

const NOTE = `
Opens $TASKCTL_EDITOR, $VISUAL or $EDITOR. What is saved without a change is not written (exit code 3). A task that was
changed meanwhile is left alone (exit code 7). Text that could not be used is kept in a file, whose name is told.`;

/** `taskctl task edit <id>`. */
export function addEditCommand(task: Command, { run, specOf }: { readonly run: Run; readonly specOf: SpecOf }): void {
  const command = addCommand(task, 'edit', 'Change a task in an editor');
  command.argument('<id>', 'Task id, or at least 4 characters of it').addHelpText('after', NOTE);
  setAction(command, run, async (globals) => {
    const { editTask } = await import('../edit/edit.ts');
    await editTask(run, globals, { id: command.args[0] ?? '', specOf });
  });
}
