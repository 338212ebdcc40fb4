import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Outputs } from '../../scripts/bundle/bundle.ts';
import { collectNotices, packagesIn } from '../../scripts/bundle/notices.ts';
import { installBundle } from '../support/bundle.ts';
import { createCli } from '../support/cli.ts';
import { createWorld, type World } from '../support/world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

let home: string;
let outputs: Outputs;
let world: World;

before(async () => {
  ({ home, outputs } = await installBundle());
  world = await createWorld({ redis: null });
});

/** Runs the bundle; what it printed, and the files whose code Node has loaded for it. */
async function taskctl(...args: readonly string[]) {
  const coverage = await mkdtemp(join(home, 'coverage-'));
  const env = { PATH: process.env.PATH, DATABASE_URL: world.url, NODE_V8_COVERAGE: coverage };
  const { stdout, stderr } = await run(process.execPath, [join(home, 'dist/bundle/main.js'), ...args], {
    cwd: home,
    env,
  });
  const [report = ''] = await readdir(coverage);
  const { result } = JSON.parse(await readFile(join(coverage, report), 'utf8')) as { result: { url: string }[] };
  const files = result.filter(({ url }) => url.startsWith('file:')).map(({ url }) => fileURLToPath(url));
  return { stdout, stderr, loaded: files.map((file) => relative(join(home, 'dist/bundle'), file)).sort() };
}

/** The names of the packages in these files of the bundle. */
function packagesOf(files: readonly string[]): string[] {
  const own = Object.entries(outputs).filter(([path]) => files.some((file) => path.endsWith(`/dist/bundle/${file}`)));
  return packagesIn(Object.fromEntries(own)).map((folder) => folder.replace(/^.*node_modules\//, ''));
}

test('the help and the version are one file, and no package but commander and the tables', async () => {
  for (const flag of ['--help', '--version']) {
    const { stdout, loaded } = await taskctl(flag);
    assert.match(stdout, /^(Usage: taskctl|1\.2\.3\n$)/);
    assert.deepEqual(loaded, ['main.js'], flag);
  }
  const packages = packagesOf(['main.js']);
  assert.ok(packages.includes('commander') && packages.includes('cli-table3'));
  for (const name of ['zod', 'knex', 'pg', 'objection', 'koa']) assert.ok(!packages.includes(name), name);
});

test('an operation loads few files, all of the bundle, and nothing of the server or of Redis', async () => {
  const { as, email } = await world.user();
  await as.tasks.create({ title: 'Buy milk' });
  const { stdout, stderr, loaded } = await taskctl('ls', '--as', email);
  const listed = await createCli(world.url)('ls', '--as', email);
  assert.match(listed.stdout, /Buy milk/);
  assert.deepEqual({ stdout, stderr }, { stdout: listed.stdout, stderr: listed.stderr });
  const strangers = loaded.filter((file) => !/^(main|packages\/(core|http-config|chunk-\w+))\.js$/.test(file));
  assert.deepEqual(strangers, []);
  assert.ok(loaded.length <= 6, loaded.join(', '));
  const packages = packagesOf(loaded);
  assert.ok(packages.includes('knex') && packages.includes('zod'));
  const unwanted = ['koa', 'winston', 'ioredis', 'prom-client', 'piscina', 'zod-openapi', 'helmet', 'mime-db'];
  assert.deepEqual(
    packages.filter((name) => unwanted.includes(name)),
    [],
  );
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  assert.deepEqual(
    inputs.filter((input) => /zod\/v4\/locales\/(?!en|index)|knex\/lib\/dialects\/(?!index|postgres)/.test(input)),
    [],
  );
});

test('YAML is loaded for YAML alone, and the client of servers for servers', async () => {
  const { email } = await world.user();
  const { stdout, loaded } = await taskctl('ls', '--as', email, '-o', 'yaml');
  assert.equal(stdout, '[]\n');
  assert.ok(loaded.includes('packages/yaml.js'));
  assert.ok(!packagesOf(['main.js']).includes('yaml'));
  const remote = await taskctl('auth', 'status', '--url', 'http://127.0.0.1:1', '--debug').catch((error) => error);
  assert.match(remote.stderr, /Nobody is signed in/);
});

test('what the bundle leaves out is a dependency of its package, and what it holds is licensed', async () => {
  const { dependencies } = JSON.parse(await readFile(join(root, 'packages/cli/package.json'), 'utf8'));
  const imports = Object.values(outputs).flatMap((output) => output.imports.filter(({ external }) => external));
  const names = imports.map(({ path }) => path).filter((path) => !path.startsWith('.') && !isBuiltin(path));
  const packages = new Set(names.map((path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/')));
  // The driver can do with or without these two.
  const missing = [...packages].filter((name) => !(name in dependencies || /^pg-(native|query-stream)$/.test(name)));
  assert.ok(packages.has('@taskapp/http'));
  assert.deepEqual(missing, []);
  const notices = await collectNotices(outputs);
  for (const name of ['commander', 'knex', 'objection', 'pg', 'zod'])
    assert.match(notices, new RegExp(`^${name} \\d`, 'm'));
});
