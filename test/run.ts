import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServices } from './support/services.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Files wait for the servers and for bcrypt more than they compute; three fill two cores. */
const CONCURRENCY = 3;

/** All test files: test/<folder>/<name>.test.ts. */
function listTests(): string[] {
  const folder = join(root, 'test');
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'));
  return files.map((entry) => relative(root, join(entry.parentPath, entry.name))).sort();
}

function spawnTests(environment: Readonly<Record<string, string>>): ChildProcess {
  const given = process.argv.slice(2);
  const flags = given.includes('--coverage') ? ['--experimental-test-coverage', '--enable-source-maps'] : [];
  const named = given.filter((argument) => argument !== '--coverage');
  const options = ['--conditions=source', '--import', 'tsx', '--test', `--test-concurrency=${CONCURRENCY}`, ...flags];
  const files = named.length > 0 ? named : listTests();
  const env = { ...process.env, ...environment };
  return spawn(process.execPath, [...options, ...files], {
    cwd: named.length > 0 ? process.cwd() : root,
    env,
    stdio: 'inherit',
  });
}

let tests: ChildProcess | undefined;
let interruption: NodeJS.Signals | undefined;

/** The first signal lets the tests clean up, the second does not wait for them; the servers are ended in any case. */
function interrupt(signal: NodeJS.Signals): void {
  tests?.kill(interruption ? 'SIGKILL' : signal);
  interruption ??= signal;
}

async function run(): Promise<number> {
  const services = await startServices();
  try {
    if (interruption) return 128 + constants.signals[interruption];
    tests = spawnTests(services.environment);
    const [code, signal] = await once(tests, 'exit');
    const ending: NodeJS.Signals | undefined = interruption ?? signal;
    return ending ? 128 + constants.signals[ending] : code;
  } finally {
    await services.stop();
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
