import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { administer, urlOf } from '../test/support/admin.ts';
import { startServices } from '../test/support/services.ts';
import { checkClient } from './packed-client.ts';
import { runExample } from './packed-examples.ts';

// What users of the published packages get: packs them, installs the tarballs beside a copy of the example in an empty
// folder, and there type-checks and runs it and the others, runs the packed `taskctl`, and bundles a page.

const repository = fileURLToPath(new URL('..', import.meta.url));
const execute = promisify(execFile);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs a program to its end; what it printed. Fails with all of it where it does not succeed. */
async function run(cwd: string, command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const [file = '', ...args] = command;
  say(`$ ${command.map((word) => word.replace(`${cwd}/`, '')).join(' ')}`);
  const result = await execute(file, args, { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: { stdout?: string; stderr?: string }) => assert.fail(`It failed:\n${error.stdout}\n${error.stderr}`),
  );
  return result.stdout.trim();
}

interface Tarball {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** What each package must contain for its purpose. */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  '@taskapp/core': [
    'dist/index.js',
    'dist/index.d.ts',
    'dist/testing.js',
    'dist/testing.d.ts',
    'dist/migrations/0001_accounts.js',
    'dist/seeds/demo.js',
    'dist/passwords/bcrypt-worker.js',
  ],
  '@taskapp/http': [
    'dist/index.js',
    'dist/index.d.ts',
    'dist/main.js',
    'dist/client/index.js',
    'dist/client/index.d.ts',
    'assets/docs/swagger-ui.css',
  ],
  '@taskapp/cli': ['bin/taskctl.js', 'dist/bundle/main.js', 'dist/bundle/NOTICES.txt'],
};

async function pack(folder: string): Promise<Tarball[]> {
  await mkdir(folder);
  const printed = await run(repository, ['npm', 'pack', '--json', '--workspaces', `--pack-destination=${folder}`]);
  return JSON.parse(printed);
}

function checkContents({ name, files }: Tarball): void {
  const paths = files.map(({ path }) => path);
  const strangers = paths.filter((path) => /(^|\/)(src|test)\/|(?<!\.d)\.ts$|\.test\.|tsbuildinfo|\.env/.test(path));
  assert.deepEqual(strangers, [], `${name} contains what nobody needs`);
  const missing = (PROMISED[name] ?? []).filter((path) => !paths.includes(path));
  assert.deepEqual(missing, [], `${name} lacks what it promises`);
}

/** The example as somebody would have it who installed the packages. */
async function installExample(host: string, tarballs: readonly string[]): Promise<void> {
  for (const name of ['package.json', 'tsconfig.json', 'src']) {
    await cp(join(repository, 'examples/embedded', name), join(host, name), { recursive: true });
  }
  await run(host, ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs]);
  await run(host, ['npm', 'run', 'build']);
}

async function checkTaskctl(host: string, version: string | undefined, url: string): Promise<void> {
  const taskctl = join(host, 'node_modules/.bin/taskctl');
  assert.equal(await run(host, [taskctl, '--version']), version);
  await run(host, [taskctl, 'db', 'migrate'], { DATABASE_URL: url });
  await run(host, [taskctl, 'db', 'seed'], { DATABASE_URL: url });
  const listed = await run(host, [taskctl, 'user', 'list', '--json'], { DATABASE_URL: url });
  assert.equal(JSON.parse(listed).length, 4);
}

const folder = await mkdtemp(join(tmpdir(), 'taskapp-packed-'));
const services = await startServices();
const { TEST_DATABASE_URL: serverUrl } = services.environment;
/** Run in one folder, with what is installed there for the first example. */
const EXAMPLES = ['own-users', 'testing', 'commonjs'];
const databases = ['host', 'cli', ...EXAMPLES].map(
  (name) => `taskapp_${name.replace('-', '_')}_${randomBytes(5).toString('hex')}`,
);
const [hostUrl = '', cliUrl = '', ...exampleUrls] = databases.map((name) => urlOf(serverUrl, name));
try {
  for (const name of databases) await administer(serverUrl, `create database ${name}`);
  await run(repository, ['npm', 'run', 'build']);
  const tarballs = await pack(join(folder, 'tarballs'));
  tarballs.forEach(checkContents);
  const host = join(folder, 'host');
  await installExample(
    host,
    tarballs.map(({ filename }) => join(folder, 'tarballs', filename)),
  );
  say(await run(host, ['npm', 'start'], { DATABASE_URL: hostUrl }));
  for (const [at, name] of EXAMPLES.entries()) say(await runExample(host, name, { run, url: exampleUrls[at] ?? '' }));
  const { version } = JSON.parse(await readFile(join(repository, 'packages/cli/package.json'), 'utf8'));
  await checkTaskctl(host, version, cliUrl);
  await checkClient(host, run);
  say('The packed packages work: in hosts of all kinds, as taskctl, and in a page');
} finally {
  for (const name of databases) await administer(serverUrl, `drop database if exists ${name} with (force)`);
  await services.stop();
  await rm(folder, { recursive: true, force: true });
}
