import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { choosePort, hasEnded } from '../../support/processes.ts';
import { createLogCheck, type LogCheck } from './log-check.ts';
import { openFiles, residentBytes, waitForExit } from './processes.ts';
import { isReady } from './readiness.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const built = `${root}packages/http/dist/main.js`;
/** What users run where it has been built, else the sources. */
const COMMAND = existsSync(built)
  ? [built]
  : ['--conditions=source', '--import', import.meta.resolve('tsx'), `${root}packages/http/src/main.ts`];

/** How a node is started, where that is not as users do it. */
export interface NodeLaunch {
  /** A program that starts it, with its arguments: `['prlimit', '--nofile=128']`. */
  readonly wrap?: readonly string[];
  /** For Node itself. */
  readonly flags?: readonly string[];
}

/** One process of the API. */
export interface ApiNode {
  readonly port: number;
  readonly pid: number;
  readonly log: LogCheck;
  /** Exits that nobody asked for, one line each. */
  readonly unexpectedExits: readonly string[];
  /** Starts the process; `settings` add to its environment for this start and later ones. Resolves with ms until ready. */
  start(settings?: Record<string, string>): Promise<number>;
  /** Starts it without waiting. */
  launch(settings?: Record<string, string>): void;
  whenReady(): Promise<number>;
  /** Sends a signal that is meant to end the process; resolves with its exit code or signal. */
  end(signal: NodeJS.Signals): Promise<number | string | null>;
  /** Sends a signal that the process survives. */
  signal(signal: NodeJS.Signals): void;
  residentBytes(): Promise<number>;
  openFiles(): Promise<number>;
  /** Where it writes its log; whoever pauses or destroys this is a reader that stops or dies. */
  readonly output: Readable;
}

const READY_MS = 40_000;

/** Prepares a node on a port of its own; it does not run yet. */
export async function createNode(
  environment: Record<string, string>,
  canaries: readonly string[],
  { wrap = [], flags = [] }: NodeLaunch = {},
): Promise<ApiNode> {
  const port = await choosePort();
  const log = createLogCheck(canaries);
  const unexpectedExits: string[] = [];
  let env = environment;
  let child: ChildProcess | undefined;
  let startedAt = 0;
  let isExpected = false;

  const launch = (settings: Record<string, string> = {}) => {
    env = { ...env, ...settings };
    startedAt = performance.now();
    isExpected = false;
    const [file, ...args] = [...wrap, process.execPath, ...flags, ...COMMAND] as [string, ...string[]];
    const started = spawn(file, args, {
      // Nobody's .env is there.
      cwd: '/',
      env: { PATH: process.env.PATH, PORT: `${port}`, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    createInterface(started.stdout).on('line', (line) => log.check(line, () => isExpected));
    createInterface(started.stderr).on('line', (line) => log.complain(`stderr: ${line}`));
    started.on('exit', (code, signal) => {
      if (!isExpected) unexpectedExits.push(`node on ${port} exited by itself: ${code ?? signal}`);
    });
  };
  const whenReady = async () => {
    for (const deadline = startedAt + READY_MS; ; await sleep(15)) {
      if (await isReady(port)) return performance.now() - startedAt;
      if (performance.now() > deadline || (child && hasEnded(child)))
        throw new Error(`The node on ${port} does not start: ${log.problems.join('\n') || log.errors.join('\n')}`);
    }
  };
  return {
    port,
    log,
    unexpectedExits,
    launch,
    whenReady,
    start: async (settings) => {
      launch(settings);
      return whenReady();
    },
    end: async (signal) => {
      if (!child || hasEnded(child)) return child?.exitCode ?? null;
      isExpected = true;
      child.kill(signal);
      return waitForExit(child);
    },
    signal: (signal) => void child?.kill(signal),
    residentBytes: () => residentBytes(child?.pid ?? 0),
    openFiles: () => openFiles(child?.pid ?? 0),
    get output() {
      return child?.stdout as Readable;
    },
    get pid() {
      return child?.pid ?? 0;
    },
  };
}
