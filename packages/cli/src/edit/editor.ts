import { spawn } from 'node:child_process';
import { failCli } from '../failures.ts';
import { type CliIo, isInteractive, type OutputFormat } from '../terminal/io.ts';

/** The command that edits a file; `vi` where a person sits at a terminal and has chosen nothing. */
export function chooseEditor(io: CliIo, format: OutputFormat): string {
  const { TASKCTL_EDITOR, VISUAL, EDITOR } = io.env;
  const chosen = [TASKCTL_EDITOR, VISUAL, EDITOR].find((command) => command?.trim());
  if (chosen !== undefined) return chosen;
  return isInteractive(io, format) ? 'vi' : failCli('cli.usage', 'There is no editor: set TASKCTL_EDITOR');
}

/** Edits a file with a command, which may have options; resolves when it has been closed. */
export async function openEditor(editor: string, file: string): Promise<void> {
  // The shell splits the command as people have quoted it; the name of the file is ours.
  const child = spawn(`${editor} "${file}"`, { shell: true, stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code !== 0) failCli('cli.cancelled', `The editor ended with ${code ?? 'a signal'}: nothing is changed`);
}
