import { tmpdir } from 'node:os';
import { PassThrough, Readable, Writable } from 'node:stream';
import { type CliIo, runCli } from '../../packages/cli/src/index.ts';

/** What a run of taskctl left behind. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The one JSON value on stdout; throws where there is anything else. */
  json<T = Record<string, unknown>>(): T;
}

/** What a run may differ in from one in a pipe, in an empty environment and an empty folder. */
export interface CliSettings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What is piped in. */
  readonly stdin?: string;
  /** The width of the terminal that stdout and stderr are. */
  readonly columns?: number;
  readonly signal?: AbortSignal;
  /** Makes stdin and stderr a terminal at which somebody answers every question with the next of these lines. */
  readonly typed?: readonly string[];
}

function createSink(columns: number | undefined, onText: (text: string) => void = () => undefined) {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk));
      onText(String(chunk));
      done();
    },
  });
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  return { output: Object.assign(stream, terminal), text: () => chunks.join('') };
}

/** A terminal: `answer` types the next line when a question has been asked. */
function createTyping(lines: readonly string[]) {
  const left = [...lines];
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const answer = (text: string) => {
    if (/(: |\] )$/.test(text)) setImmediate(() => stdin.write(`${left.shift()}\n`));
  };
  return { stdin, answer };
}

/** Runs taskctl in this process, with streams of its own. */
export async function runTaskctl(argv: readonly string[], settings: CliSettings = {}): Promise<CliRun> {
  const { env = {}, cwd = tmpdir(), stdin = '', columns, signal, typed } = settings;
  const typing = typed && createTyping(typed);
  const stdout = createSink(columns);
  const stderr = createSink(typing ? 80 : columns, typing?.answer);
  const piped = Readable.from(stdin === '' ? [] : [stdin]);
  const streams = { stdin: typing?.stdin ?? piped, stdout: stdout.output, stderr: stderr.output };
  // Never the configuration of whoever runs the tests.
  const isolated = { XDG_CONFIG_HOME: '/nonexistent', ...env };
  const io: CliIo = { ...streams, env: isolated, cwd, ...(signal && { signal }) };
  const code = await runCli(argv, io);
  return { code, stdout: stdout.text(), stderr: stderr.text(), json: () => JSON.parse(stdout.text()) };
}

/** `taskctl` on one database: `cli('task', 'list')`, with settings first where there are any. */
export const createCli =
  (url: string, shared: CliSettings = {}) =>
  (...args: readonly [CliSettings, ...string[]] | readonly string[]): Promise<CliRun> => {
    const [first, ...rest] = args;
    const settings = typeof first === 'object' ? first : {};
    const argv = (typeof first === 'object' ? rest : args) as readonly string[];
    return runTaskctl(argv, { ...shared, ...settings, env: { DATABASE_URL: url, ...shared.env, ...settings.env } });
  };
