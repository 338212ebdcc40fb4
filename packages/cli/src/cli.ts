import type { Command } from 'commander';
import { loadCatalog } from './catalog/load.ts';
import { EXIT, exitOfSignal } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { separateFields } from './terminal/global-options.ts';
import { guessGlobals } from './terminal/globals.ts';
import type { CliIo } from './terminal/io.ts';
import { createReporter, type Reporter } from './terminal/reporter.ts';
import { createClosers, type Run } from './terminal/run.ts';

/**
 * Runs taskctl with these arguments (without `node` and the script) and resolves with its exit code. Never rejects,
 * never exits the process, and has closed everything it opened when it resolves.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const reporter = createReporter(io, guessGlobals(argv));
  const closers = createClosers();
  const signal = watchSignal(io);
  const run: Run = { io, reporter, defer: closers.add, takeSignal: signal.take };
  const code = await Promise.race([runProgram(run, separateFields(argv), signal.isOver), signal.over]);
  signal.forget();
  const failure = await closers.closeAll().then(
    () => EXIT.ok,
    (error: unknown) => reporter.fail(error),
  );
  return code === EXIT.ok ? failure : code;
}

async function runProgram(run: Run, argv: readonly string[], isOver: () => boolean): Promise<number> {
  let program: Command | undefined;
  try {
    program = createProgram(run, await loadCatalog(), argv);
    await program.parseAsync(argv, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // What was interrupted fails because its connections are being closed, which is nobody's business.
    if (isOver()) return EXIT.interrupted;
    return exitOf(error, run.reporter, program && helpOf(program, argv));
  }
}

/** Commander throws also after it has shown a help or the version, and then everything is said. */
async function exitOf(error: unknown, reporter: Reporter, help: string | undefined): Promise<number> {
  const { code, exitCode } = error as { code?: unknown; exitCode?: unknown };
  if (String(code).startsWith('commander.') && exitCode === 0) return EXIT.ok;
  if (code === 'commander.help') return EXIT.usage;
  return reporter.fail(error, help);
}

/** Where the command that was meant is explained. */
function helpOf(program: Command, argv: readonly string[]): string {
  const words = [program.name()];
  let command = program;
  for (const word of argv) {
    const found = command.commands.find((child) => child.name() === word || child.aliases().includes(word));
    if (!found) continue;
    command = found;
    words.push(found.name());
  }
  return `See \`${words.join(' ')} --help\`.`;
}

/** Ends the run when `io.signal` says so, unless its command takes care of that. */
function watchSignal({ signal }: CliIo) {
  let isTaken = false;
  let listener: () => void = () => undefined;
  const over = new Promise<number>((resolve) => {
    listener = () => {
      if (!isTaken) resolve(exitOfSignal(signal?.reason));
    };
    signal?.addEventListener('abort', listener, { once: true });
  });
  return {
    over,
    isOver: () => signal?.aborted === true && !isTaken,
    take: () => {
      isTaken = true;
    },
    forget: () => signal?.removeEventListener('abort', listener),
  };
}
