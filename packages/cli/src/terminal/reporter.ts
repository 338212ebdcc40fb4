import { once } from 'node:events';
import { styleText } from 'node:util';
import { EXIT } from '../exit-codes.ts';
import { describeFailure, type ErrorReport } from '../failures.ts';
import { checkFields, fieldsOf } from '../render/fields.ts';
import { render } from '../render/render.ts';
import type { List, Result, TableStyle } from '../render/result.ts';
import { toVisibleJson, toVisibleLines } from '../render/sanitize.ts';
import { hasColors } from './colors.ts';
import type { Printing } from './globals.ts';
import { type CliIo, isStructured } from './io.ts';

/** Says things on behalf of a command: results to stdout, everything else to stderr. */
export interface Reporter {
  /** Prints the result; once in a command at most. Fields that were asked for and are none of it are refused. */
  print(result: Result, style?: TableStyle): Promise<void>;
  /** Prints a list as its pages come, for formats that are lines; the pages are read as fast as they are taken. */
  printPages(pages: AsyncIterable<List>): Promise<void>;
  /** Says something that the result does not depend on; `--quiet` silences it. */
  hint(text: string): void;
  /** Says what only `--debug` shows. */
  debug(text: string): void;
  /** Says what went wrong, and where wrong usage is explained; resolves with the exit code. */
  fail(error: unknown, help?: string): Promise<number>;
  /** From now on problems are told with the names that `nameOf` gives to the paths of fields. */
  nameFields(nameOf: (path: string) => string): void;
  /** Applies the options of the command, once they are known. */
  configure(globals: Printing): void;
}

/** Makes the reporter of one run. */
export function createReporter({ stdout, stderr, env }: CliIo, initial: Printing): Reporter {
  let globals = initial;
  let nameField = (path: string) => path;
  const say = (text: string) => void stderr.write(`${toVisibleLines(text)}\n`);
  const toText = (result: Result, style: TableStyle & { hasHeaders?: boolean } = {}) => {
    const { columns: fields, format, hasHeaders, timeZone } = globals;
    if (fields) checkFields(fields, fieldsOf(result));
    const hasStyle = hasColors(stdout, globals.color, env);
    return render(result, { format, fields, hasHeaders, timeZone, hasStyle, output: stdout, ...style });
  };
  return {
    print: async (result, style) => {
      const text = await toText(result, style);
      if (text) stdout.write(text);
    },
    printPages: async (pages) => {
      let { hasHeaders } = globals;
      for await (const page of pages) {
        if (!stdout.write(await toText(page, { hasHeaders }))) await once(stdout, 'drain');
        hasHeaders = false;
      }
    },
    hint: (text) => {
      if (!globals.quiet) say(text);
    },
    debug: (text) => {
      if (globals.debug) say(text);
    },
    fail: async (error, help) => {
      const report = await describeFailure(error);
      const paint = hasColors(stderr, globals.color, env) ? emphasizeName : (text: string) => text;
      if (isStructured(globals.format)) say(toErrorJson(report));
      else stderr.write(`${paint(toVisibleLines(toErrorText(report, { nameField, help })))}\n`);
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

const emphasizeName = (text: string): string =>
  text.replace(/^taskctl:/, (name) => styleText(['bold', 'red'], name, { validateStream: false }));

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

function toErrorJson({ code, message, problems = [], retryAfter, requestId, hint }: ErrorReport): string {
  const facts = { hint: hint ?? null, retryAfter: retryAfter ?? null, requestId: requestId ?? null };
  return toVisibleJson(JSON.stringify({ error: { code, message, problems, ...facts } }));
}

function describeStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return [error.stack ?? error.message, ...(cause instanceof Error ? [`Caused by: ${cause.stack}`] : [])].join('\n');
}
