import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { administer, urlOf } from '../test/support/admin.ts';
import { startServices } from '../test/support/services.ts';
import { checkClient } from './packed-client.ts';
import { checkHost, isServer } from './packed-hosts.ts';
import { checkPackage, checkTypes } from './packed-types.ts';

// What users of the published packages get: packs them, installs the tarballs beside copies of the examples in an empty
// folder, and there type-checks and runs these, loads the core from CommonJS, runs the packed `taskctl`, and bundles a page.

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

const EXAMPLES = readdirSync(join(repository, 'examples'));
type Dependencies = Readonly<Record<string, string>>;

/** All examples as somebody would have them who installed the packages: once, for all of them together. */
async function installExamples(host: string, tarballs: readonly string[]): Promise<void> {
  const needed: Record<'dependencies' | 'devDependencies', Record<string, string>> = {
    dependencies: {},
    devDependencies: {},
  };
  for (const name of EXAMPLES) {
    await cp(join(repository, 'examples', name), join(host, name), { recursive: true });
    const text = await readFile(join(host, name, 'package.json'), 'utf8');
    const { dependencies = {}, devDependencies = {} } = JSON.parse(text) as Record<string, Dependencies>;
    const foreign = Object.entries(dependencies).filter(([dependency]) => !dependency.startsWith('@taskapp/'));
    Object.assign(needed.dependencies, Object.fromEntries(foreign));
    Object.assign(needed.devDependencies, devDependencies);
  }
  await writeFile(join(host, 'package.json'), JSON.stringify({ private: true, type: 'module', ...needed }));
  await run(host, ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs]);
  for (const name of EXAMPLES) await run(host, [join(host, 'node_modules/.bin/tsc'), '-p', name]);
}

/** What `npm start` does in an example. */
async function startOf(name: string): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(join(repository, 'examples', name, 'package.json'), 'utf8'));
  return scripts.start.split(' ');
}

/** Runs each example on an empty database of its own. */
async function runExamples(host: string, databases: Readonly<Record<string, string>>): Promise<void> {
  const secrets = {
    JWT_ACCESS_SECRET: randomBytes(32).toString('hex'),
    JWT_REFRESH_SECRET: randomBytes(32).toString('hex'),
  };
  for (const name of EXAMPLES) {
    const env = { ...secrets, DATABASE_URL: databases[name] };
    if (isServer(name)) await checkHost(name, join(host, name), env);
    else say(await run(join(host, name), await startOf(name), env));
    say(`${name}: works`);
  }
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
const tag = randomBytes(5).toString('hex');
const nameOf = (name: string) => `taskapp_${name.replaceAll('-', '_')}_${tag}`;
const urls = Object.fromEntries([...EXAMPLES, 'cli'].map((name) => [name, urlOf(serverUrl, nameOf(name))]));
try {
  for (const name of Object.keys(urls)) await administer(serverUrl, `create database ${nameOf(name)}`);
  await run(repository, ['npm', 'run', 'build']);
  const tarballs = await pack(join(folder, 'tarballs'));
  tarballs.forEach(checkContents);
  const host = join(folder, 'host');
  const files = tarballs.map(({ filename }) => join(folder, 'tarballs', filename));
  for (const file of files) await checkPackage(file, run);
  await installExamples(host, files);
  await checkTypes(host, run);
  await runExamples(host, urls);
  const { version } = JSON.parse(await readFile(join(repository, 'packages/cli/package.json'), 'utf8'));
  await checkTaskctl(host, version, urls.cli ?? '');
  await checkClient(host, run);
  say('The packed packages work: in all examples, from CommonJS, as taskctl, and in a page');
} finally {
  for (const name of Object.keys(urls)) {
    await administer(serverUrl, `drop database if exists ${nameOf(name)} with (force)`);
  }
  await services.stop();
  await rm(folder, { recursive: true, force: true });
}
