import { Writable } from 'node:stream';
import { createLogger, type ServerLogger } from '@taskapp/http';

/** Stands in every text that requests are made of, so that a log or a statement that repeats one gives itself away. */
export const CANARY = 'Canary7';

/** A line that the app logged. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
}

const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['what a request carried', new RegExp(CANARY, 'i')],
  ['a token', /eyJ[\w-]{10,}\.[\w-]{10,}/],
  ['a hash of a password', /\$tk1\$|\$2[aby]\$\d\d\$/],
];
// Built from escapes: control characters in a literal would be invisible.
const CONTROLS = '\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069';
const OBEYED = new RegExp(`[${CONTROLS}]`);

/** The app's own log as machines read it; what is wrong with a line goes to `problems`. */
export function captureLog(problems: string[], secrets: readonly string[]): { log: ServerLogger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const read = (line: string) => {
    const complain = (what: string) => problems.push(`the log has ${what}: ${line.slice(0, 300)}`);
    for (const [what, pattern] of SECRETS) if (pattern.test(line)) complain(what);
    if (secrets.some((secret) => line.includes(secret))) complain('a secret');
    if (OBEYED.test(line)) complain('a character that terminals obey');
    const parsed = parse(line);
    if (parsed) lines.push(parsed);
    else complain('a line that is no JSON object');
  };
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      for (const line of chunk.replace(/\n$/, '').split('\n')) read(line);
      done();
    },
  });
  return { log: createLogger({ level: 'debug', format: 'json', stream }), lines };
}

function parse(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'level' in value ? (value as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
