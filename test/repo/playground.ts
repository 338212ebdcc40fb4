import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installBundle } from '../support/bundle.ts';
import { atEnd } from '../support/cleanup.ts';

const execute = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** A folder in which the commands of a document run, with the server that they talk to. */
export interface Playground {
  /** Where its server answers. */
  readonly origin: string;
  /** Runs a block as bash would, with the variables of the blocks before it; what it printed. */
  shell(code: string): Promise<string>;
}

/** Node with the options that run the sources of `root`. */
export const fromSource = (root: string): string[] => [
  process.execPath,
  '--conditions=source',
  '--import',
  `${root}/node_modules/tsx/dist/loader.mjs`,
];

/** What every program of a playground gets: nothing of the test run, whose variables would configure it. */
export const cleanEnvironment = (): NodeJS.ProcessEnv => {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR && { TMPDIR }) };
};

/** Starts `taskctl serve` from the sources of `root` in a new folder; ended after the tests of the file. */
export async function openPlayground(
  root: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Playground> {
  const folder = mkdtempSync(join(tmpdir(), 'taskapp-docs-'));
  const taskctl = [...fromSource(root), `${root}/packages/cli/src/main.ts`];
  // Profiles and sessions of whoever runs the tests stay out of it.
  const env: NodeJS.ProcessEnv = { ...cleanEnvironment(), XDG_CONFIG_HOME: join(folder, 'config'), ...settings };
  const [file = '', ...args] = taskctl;
  const server = spawn(file, [...args, 'serve', '--json'], {
    cwd: folder,
    env: { ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  atEnd(async () => {
    await stop(server);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const port = await portOf(server);
  // `npx taskctl` as a user has it, without npm looking anything up, and `taskctl` of an installation for all.
  const scripts = { npx: '[ "$1" = taskctl ] || exit 127\nshift\n', taskctl: '' };
  const command = await commandOf(root, taskctl);
  for (const [name, begin] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${begin}${command}`, { mode: 0o755 });
  }
  const shellEnv = { ...env, PATH: `${folder}:${env.PATH}` };
  return {
    origin: `http://localhost:${port}`,
    shell: (code) => runShell(code.replaceAll('localhost:3000', `localhost:${port}`), folder, shellEnv),
  };
}

/** Commands, and verbs of commands, whose modules are not in the bundle: see `COLD` in scripts/bundle/bundle.ts. */
const PARTIAL = ['serve', 'doctor', 'backup', 'restore', 'edit', 'export', 'import'];

const quote = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

/**
 * The line of a script that runs taskctl. From the sources each command takes seconds, so these sources are bundled once;
 * a changed copy of them runs as it is, and so do commands of which the bundle is only a part.
 */
async function commandOf(root: string, fromSources: readonly string[]): Promise<string> {
  const direct = `exec ${quote(fromSources)} "$@"\n`;
  if (root !== repository) return direct;
  const { main } = await installBundle();
  const partial = PARTIAL.flatMap((name) => [`${name}:*`, `*:${name}`]).join('|');
  return `case "$1:$2" in ${partial}) ${direct};; esac\nexec ${quote([process.execPath, main])} "$@"\n`;
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGTERM');
  await exit;
}

/** Its line on stdout says where a server answers. */
async function portOf(server: ChildProcess): Promise<string> {
  assert.ok(server.stdout);
  const lines = createInterface(server.stdout);
  const text = await new Promise<string>((resolve, reject) => {
    let said = '';
    lines.on('line', (line) => {
      said += line;
      if (URL.canParse(apiOf(said))) resolve(said);
    });
    lines.once('close', () => reject(new Error(`taskctl serve did not start: ${said}`)));
  });
  return new URL(apiOf(text)).port;
}

const apiOf = (text: string): string => /"api":\s*"([^"]*)"/.exec(text)?.[1] ?? '';

async function runShell(code: string, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const script = `set -aeuo pipefail\n[ ! -e state ] || . ./state\n${code}\nexport -p > state\n`;
  const done = execute('bash', ['-c', script], { cwd: folder, env }).catch(
    (error: { stdout: string; stderr: string }) =>
      assert.fail(`This failed:\n${code}\n${error.stdout}\n${error.stderr}`),
  );
  return (await done).stdout;
}
