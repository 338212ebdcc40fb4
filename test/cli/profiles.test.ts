import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { atEnd } from '../support/cleanup.ts';
import { type CliRun, runTaskctl } from '../support/cli.ts';

const NOWHERE = 'postgres://ada:secret-word@127.0.0.1:1/none';

let home: string;
let file: string;
let cli: (...argv: string[]) => Promise<CliRun>;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taskctl-profiles-'));
  atEnd(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  home = folder;
  file = join(home, 'taskctl', 'config.json');
  cli = (...argv) => runTaskctl(argv, { env: { XDG_CONFIG_HOME: home }, cwd: home });
});

const write = async (config: unknown, mode = 0o600) => {
  await mkdir(join(home, 'taskctl'), { recursive: true });
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  await chmod(file, mode);
};

const origins = (run: CliRun) =>
  Object.fromEntries(run.json<{ name: string; value: unknown; origin: string }[]>().map((item) => [item.name, item]));

test('a setting is kept in a file that nobody else can read, and counts from then on', async () => {
  assert.equal((await cli('config', 'set', 'output', 'json')).code, 0);
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { profiles: { default: { output: 'json' } } });
  assert.deepEqual([(await stat(file)).mode & 0o777, (await stat(join(home, 'taskctl'))).mode & 0o777], [0o600, 0o700]);
  assert.equal((await cli('config', 'get', 'output')).json().value, 'json');
  assert.deepEqual((await cli('config', 'path')).json(), { path: file });
  assert.equal((await cli('config', 'unset', 'output')).code, 0);
  assert.equal((await cli('config', 'get', 'output')).stdout, 'table\n');
  assert.equal((await cli('config', 'get', 'url')).code, 6);
});

test('a flag wins over the environment, that over .env, that over the profile, that over the default', async () => {
  await write({ profile: 'work', profiles: { work: { timezone: 'Asia/Tokyo', url: 'https://a.example' } } });
  const zone = async (env: Record<string, string>, ...argv: string[]) => {
    const settings = { env: { XDG_CONFIG_HOME: home, ...env }, cwd: home };
    const run = await runTaskctl(['config', 'list', '--show-origin', '-o', 'json', ...argv], settings);
    const { value, origin } = origins(run).timezone ?? {};
    return [value, origin];
  };
  assert.deepEqual(await zone({ TASKCTL_PROFILE: 'default' }), [null, 'default']);
  assert.deepEqual(await zone({}), ['Asia/Tokyo', 'profile work']);
  await writeFile(join(home, '.env'), 'TASKCTL_TZ=UTC\n');
  assert.deepEqual(await zone({}), ['UTC', '.env']);
  assert.deepEqual(await zone({ TASKCTL_TZ: 'Europe/Rome' }), ['Europe/Rome', 'environment']);
  assert.deepEqual(await zone({ TASKCTL_TZ: 'Europe/Rome' }, '--tz', 'Europe/Oslo'), ['Europe/Oslo', 'flag']);
});

test('secrets are never shown', async () => {
  const env = { XDG_CONFIG_HOME: home, DATABASE_URL: NOWHERE, TASKCTL_TOKEN: 'secret-word' };
  const run = await runTaskctl(['config', 'list', '--show-origin', '--json'], { env, cwd: home });
  assert.doesNotMatch(run.stdout, /secret-word/);
  assert.deepEqual(origins(run).database?.value, 'postgres://ada@127.0.0.1:1/none');
  assert.deepEqual(origins(run).token?.origin, 'environment');
});

test('profiles are made, used, listed and removed', async () => {
  const added = await cli('profile', 'add', 'work', 'url=https://tasks.example.com/base/', 'output=wide');
  assert.equal(added.code, 0, added.stderr);
  assert.equal((await cli('profile', 'add', 'work')).code, 7);
  assert.equal((await cli('config', 'get', 'url', '-p', 'work')).stdout, 'https://tasks.example.com/base\n');
  assert.equal((await cli('config', 'get', 'url')).code, 6);
  await cli('profile', 'use', 'work');
  assert.equal((await cli('config', 'get', 'url')).code, 0);
  const listed = (await cli('profile', 'list', '--json=name,inUse')).json<unknown>();
  assert.deepEqual(listed, [
    { name: 'default', inUse: false },
    { name: 'work', inUse: true },
  ]);
  await cli('profile', 'remove', 'work');
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { profiles: {} });
  assert.equal((await cli('profile', 'remove', 'work')).code, 6);
});

test('what cannot be meant is refused with the reason', async () => {
  const cases: [number, RegExp, string[]][] = [
    [2, /no profile "nobody" \(flag\)/, ['config', 'list', '-p', 'nobody']],
    [2, /no setting "color"/, ['config', 'set', 'color', 'red']],
    [2, /begins with http/, ['config', 'set', 'url', 'tasks.example.com']],
    [2, /no user name, no password/, ['config', 'set', 'url', 'https://ada:pw@tasks.example.com']],
    [2, /no time zone/, ['config', 'set', 'timezone', 'Mars/Olympus']],
    [2, /one of table, wide/, ['config', 'set', 'output', 'xml']],
    [2, /not both/, ['profile', 'add', 'both', 'url=https://a.example', 'as=ada@example.com']],
    [2, /write <name>=<value>/, ['profile', 'add', 'x', 'url']],
    [2, /name of a profile/, ['profile', 'add', '../x']],
    [6, /no profile "x"/, ['profile', 'use', 'x']],
  ];
  for (const [code, message, argv] of cases) {
    const run = await cli(...argv);
    assert.equal(run.code, code, argv.join(' '));
    assert.match(run.stderr, message);
  }
  await assert.rejects(readFile(file), { code: 'ENOENT' });
});

test('a file that others can write, or that is no configuration, is refused and left alone', async () => {
  const config = { profiles: { default: { output: 'json' } } };
  await write(config, 0o622);
  const shared = await cli('config', 'list');
  assert.deepEqual([shared.code, shared.stdout], [2, '']);
  assert.match(shared.stderr, /can be written by other users[\s\S]*chmod 600/);
  await write(config, 0o644);
  assert.equal((await cli('config', 'get', 'output')).code, 0);
  for (const text of ['{', '[]', '{"profiles":{"default":{"url":1}}}', '{"profiles":[]}']) {
    await write(text);
    const { code, stderr } = await cli('config', 'set', 'output', 'json');
    assert.equal(code, 2, text);
    assert.ok(stderr.includes(file), stderr);
    assert.equal(await readFile(file, 'utf8'), text);
  }
});

test('processes that change it at once lose nothing, and leave nothing behind', async () => {
  await write({ profiles: {}, later: { kept: true } });
  const names = Array.from({ length: 12 }, (_, at) => `p${at}`);
  const runs = await Promise.all(names.map((name) => cli('profile', 'add', name, 'output=csv')));
  assert.deepEqual(
    runs.map(({ code }) => code),
    names.map(() => 0),
    runs[0]?.stderr,
  );
  const { profiles, later } = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual(Object.keys(profiles).sort(), [...names].sort());
  assert.deepEqual(later, { kept: true });
  assert.deepEqual((await readdir(join(home, 'taskctl'))).sort(), ['config.json', 'lock']);
});
