import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { failCli } from '../failures.ts';
import type { CliIo } from './io.ts';

/** Asks for a line without showing what is typed. Ctrl-D cancels (exit code 3), Ctrl-C interrupts (130). */
export async function askHidden(io: CliIo, question: string): Promise<string> {
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    return await ask(io, question, hidden);
  } finally {
    io.stderr.write('\n');
  }
}

/** Asks for a line. */
export const askLine = (io: CliIo, question: string): Promise<string> => ask(io, question, io.stderr);

/** Asks a yes-or-no question; anything but yes cancels the command (exit code 3). */
export async function askToConfirm(io: CliIo, question: string): Promise<void> {
  const answer = await ask(io, `${question} [y/N] `, io.stderr);
  if (!/^y(es)?$/i.test(answer.trim())) failCli('cli.cancelled', 'Cancelled');
}

async function ask({ stdin, stderr }: CliIo, question: string, output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: stdin, output, terminal: true });
  // Only now does the terminal not echo any more.
  stderr.write(question);
  const end = await new Promise<{ line: string } | 'closed' | 'interrupted'>((resolve) => {
    lines.once('line', (line) => resolve({ line }));
    lines.once('SIGINT', () => resolve('interrupted'));
    lines.once('close', () => resolve('closed'));
  });
  lines.close();
  if (end === 'interrupted') failCli('cli.interrupted', 'Interrupted');
  return end === 'closed' ? failCli('cli.cancelled', 'Cancelled') : end.line;
}
