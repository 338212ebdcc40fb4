import { runCli } from './cli.ts';
import { EXIT, exitOfSignal } from './exit-codes.ts';

const ending = new AbortController();

/** The first signal ends the command in order, the second one at once. */
function onSignal(signal: NodeJS.Signals): void {
  if (ending.signal.aborted) process.exit(exitOfSignal(signal));
  ending.abort(signal);
}

/** What nobody caught: a database that was started for the command is still to be released. */
function onCrash(error: unknown): void {
  process.stderr.write(`taskctl: Unexpected error\n${error instanceof Error ? error.stack : String(error)}\n`);
  process.once('exit', () => {
    process.exitCode = EXIT.bug;
  });
  ending.abort('crash');
}

/** A reader that has seen enough, as in `taskctl ls | head -1`, is no failure of the command. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') onCrash(error);
}

/**
 * Node 20 has no `navigator`, by which `pg` tells other runtimes; without it `pg` makes a `Response` instead, and for
 * that Node loads all of its `fetch`.
 */
function nameRuntime(): void {
  if ('navigator' in globalThis) return;
  const [major] = process.versions.node.split('.');
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: `Node.js/${major}` }, configurable: true });
}

nameRuntime();
process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
process.on('uncaughtException', onCrash).on('unhandledRejection', onCrash);
process.stdout.on('error', ignoreClosedPipe);
process.stderr.on('error', ignoreClosedPipe);

const { stdin, stdout, stderr, env } = process;
const io = { stdin, stdout, stderr, env, cwd: process.cwd(), signal: ending.signal };
process.exitCode = await runCli(process.argv.slice(2), io);
if (ending.signal.aborted) process.exit();
