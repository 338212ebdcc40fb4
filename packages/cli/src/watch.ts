import { setTimeout as sleep } from 'node:timers/promises';
import { failCli } from './failures.ts';
import type { Form } from './fields.ts';
import type { Given } from './operation.ts';
import type { Result } from './render/result.ts';
import { isForPeople } from './terminal/io.ts';
import type { Run } from './terminal/run.ts';

const DEFAULT_SECONDS = 2;
const LIMITS = [0.5, 3600] as const;

/** A screen of its own without a cursor, and back to what was there before. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const CLEAR = '\u001b[H\u001b[2J';

/** Refuses `--watch` where nobody watches. */
export function checkWatch({ io }: Run, { options, globals }: Given): void {
  if (!io.stdout.isTTY || !isForPeople(globals.format)) {
    failCli('cli.usage', '--watch is for tables on a terminal', { hint: 'Scripts repeat the command themselves.' });
  }
  readSeconds(options.watch);
}

interface Watched {
  /** What `--watch` was given. */
  readonly seconds: unknown;
  readonly form: Form;
  read(): Promise<Result>;
}

/** Shows a list anew again and again, until the run is ended or something fails; the screen is as before then. */
export async function watchResult(run: Run, { seconds: given, form, read }: Watched): Promise<never> {
  const { stdout, signal } = run.io;
  const seconds = readSeconds(given);
  const options = signal ? { signal } : {};
  stdout.write(ENTER);
  run.defer(async () => void stdout.write(LEAVE));
  for (;;) {
    const result = await read();
    stdout.write(`${CLEAR}Every ${seconds} s, Ctrl-C ends it. ${new Date().toLocaleTimeString()}\n\n`);
    await run.reporter.print(result, form);
    if (result.kind === 'list' && result.items.length === 0) stdout.write(`${form.empty ?? 'Nothing found'}\n`);
    await sleep(seconds * 1000, undefined, options);
  }
}

function readSeconds(given: unknown): number {
  const seconds = given === true ? DEFAULT_SECONDS : Number(given);
  const [least, most] = LIMITS;
  if (seconds >= least && seconds <= most) return seconds;
  return failCli('cli.usage', `--watch takes seconds, from ${least} to ${most}`);
}
