import { EXIT } from '../exit-codes.ts';
import { describeFailure, type ErrorReport } from '../failures.ts';
import { render } from '../render/render.ts';
import type { Result, TableStyle } from '../render/result.ts';
import { toVisibleJson, toVisibleLines } from '../render/sanitize.ts';
import type { Globals } from './globals.ts';
import type { CliIo } from './io.ts';

/** Says things on behalf of a command: results to stdout, everything else to stderr. */
export interface Reporter {
  /** Prints the result; once in a command at most. */
  print(result: Result, style?: TableStyle): Promise<void>;
  /** Says something that the result does not depend on; `--quiet` silences it. */
  hint(text: string): void;
  /** Says what only `--debug` shows. */
  debug(text: string): void;
  /** Says what went wrong, and where wrong usage is explained; resolves with the exit code. */
  fail(error: unknown, help?: string): Promise<number>;
  /** From now on problems are told with the names that `nameOf` gives to the paths of fields. */
  nameFields(nameOf: (path: string) => string): void;
  /** Applies the options of the command, once they are known. */
  configure(globals: Pick<Globals, 'format' | 'quiet' | 'debug'>): void;
}

/** Makes the reporter of one run. */
export function createReporter(
  { stdout, stderr, env }: CliIo,
  initial: Pick<Globals, 'format' | 'quiet' | 'debug'>,
): Reporter {
  const hasStyle = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  let globals = initial;
  let nameField = (path: string) => path;
  const say = (text: string) => void stderr.write(`${toVisibleLines(text)}\n`);
  return {
    print: async (result, style = {}) => {
      const text = await render(result, { ...style, format: globals.format, output: stdout, hasStyle });
      if (text) stdout.write(text);
    },
    hint: (text) => {
      if (!globals.quiet) say(text);
    },
    debug: (text) => {
      if (globals.debug) say(text);
    },
    fail: async (error, help) => {
      const report = await describeFailure(error);
      const isMachine = globals.format === 'json' || globals.format === 'ndjson';
      say(isMachine ? toErrorJson(report) : toErrorText(report, { nameField, help }));
      if (globals.debug) say(describeStack(error));
      return report.exitCode;
    },
    nameFields: (nameOf) => {
      nameField = nameOf;
    },
    configure: (given) => {
      globals = given;
    },
  };
}

interface Names {
  readonly nameField: (path: string) => string;
  readonly help: string | undefined;
}

function toErrorText({ code, message, problems = [], ...report }: ErrorReport, { nameField, help }: Names): string {
  const { exitCode, retryAfter, hint = exitCode === EXIT.usage ? help : undefined } = report;
  const lines = problems.map(({ path, message: problem }) => `  ${path ? `${nameField(path)}: ` : ''}${problem}`);
  const wait = retryAfter === undefined ? [] : [`Try again in ${retryAfter} s.`];
  return [`taskctl: ${message} (${code})`, ...lines, ...(hint ? [hint] : wait)].join('\n');
}

function toErrorJson({ code, message, problems, retryAfter }: ErrorReport): string {
  return toVisibleJson(
    JSON.stringify({ error: { code, message, problems: problems ?? [], retryAfter: retryAfter ?? null } }),
  );
}

function describeStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return [error.stack ?? error.message, ...(cause instanceof Error ? [`Caused by: ${cause.stack}`] : [])].join('\n');
}
