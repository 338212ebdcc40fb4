import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { operations } from '@taskapp/core';
import { describeOperations } from '../../packages/cli/src/catalog/describe.ts';
import { kebab } from '../../packages/cli/src/catalog/names.ts';
import { presentation } from '../../packages/cli/src/presentation.ts';
import { shortcuts } from '../../packages/cli/src/shortcuts.ts';
import { createCli } from '../support/cli.ts';
import { createWorld, PASSWORD, secrets, type TestUser, type World } from '../support/world.ts';

const catalog = describeOperations(operations);

let world: World;
let cli: ReturnType<typeof createCli>;

before(async () => {
  world = await createWorld({ redis: null });
  const { access, refresh } = secrets();
  cli = createCli(world.url, { env: { JWT_ACCESS_SECRET: access, JWT_REFRESH_SECRET: refresh, BCRYPT_COST: '4' } });
});

test('every operation has a command whose help describes it and all its fields', async () => {
  for (const spec of catalog) {
    const { code, stdout } = await cli(spec.noun, spec.verb, '--help');
    assert.equal(code, 0, spec.id);
    assert.ok(spec.summary.length > 3 && stdout.includes(spec.summary), `${spec.id}: ${stdout}`);
    for (const name of Object.keys(spec.fields)) {
      const isPositional = spec.params.includes(name);
      assert.match(
        stdout,
        isPositional ? new RegExp(`[<[]${kebab(name)}[>\\]]`) : new RegExp(`--(\\w+-)?${kebab(name)}`),
        spec.id,
      );
    }
  }
});

test('no secret can be given in an argument', async () => {
  const secretFields = catalog.flatMap((spec) =>
    Object.keys(spec.fields).filter((name) => /password|token$/i.test(name)),
  );
  assert.ok(secretFields.length >= 6, String(secretFields));
  for (const spec of catalog) {
    const { stdout } = await cli(spec.noun, spec.verb, '--help');
    assert.doesNotMatch(stdout, /--[a-z-]*(password|token)( |$)/m, spec.id);
  }
  const { code, stderr } = await cli('user', 'create', '--email', 'a@example.com', '--name', 'A', '--password', 'X');
  assert.equal(code, 2);
  assert.match(stderr, /unknown option '--password'/);
});

test('what the build stores is what the operations say', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(catalog)), catalog);
});

test('presentation and short forms name operations and fields that exist', () => {
  const specOf = (id: string) => catalog.find((spec) => spec.id === id);
  for (const [id, { references = {}, flags = {}, columns = [], confirm = [] }] of Object.entries(presentation)) {
    const spec = specOf(id);
    assert.ok(spec, id);
    for (const name of [...Object.keys(references), ...Object.keys(flags), ...confirm])
      assert.ok(spec.fields[name], `${id} ${name}`);
    for (const name of columns) assert.ok(spec.output.fields.includes(name), `${id} ${name}`);
    for (const { list } of Object.values(references)) assert.equal(specOf(list)?.output.kind, 'list');
  }
  for (const { operation, positional = [], preset = {} } of shortcuts) {
    for (const name of [...positional, ...Object.keys(preset)]) assert.ok(specOf(operation)?.fields[name], name);
  }
});

test('help is for nouns, for topics, and says what there is not', async () => {
  const nouns = [...new Set(catalog.map(({ noun }) => noun))];
  const { stdout } = await cli('--help');
  for (const word of [...nouns, ...shortcuts.map(({ name }) => name), 'serve', 'db', 'doctor', 'secret']) {
    assert.match(stdout, new RegExp(`^  ${word}\\b`, 'm'));
  }
  assert.match((await cli('help', 'task', 'create')).stdout, /--title/);
  assert.match((await cli('help', 'exit-codes')).stdout, /partly|some of several/);
  assert.equal((await cli('help', 'nothing')).code, 2);
  assert.match((await cli('tsk')).stderr, /unknown command 'tsk' \(Did you mean task\?\)/);
  assert.equal((await cli('task')).code, 2);
});

/** Arguments and stdin with which operations succeed for the given user. */
async function argumentsOf(user: TestUser) {
  const as = world.app.as({ kind: 'user', userId: user.id, role: 'ADMIN' });
  const task = async () => (await as.tasks.create({ title: 'One' })).id;
  const tag = async () => (await as.tags.create({ name: `tag-${Math.random()}` })).id;
  const other = async () => (await world.user()).id;
  const known: Record<string, { argv?: string[]; stdin?: string }> = {
    'auth.register': {
      argv: ['--email', `r${Math.random()}@example.com`, '--name', 'R', '--password-stdin'],
      stdin: PASSWORD,
    },
    'auth.login': { argv: ['--email', user.email, '--password-stdin'], stdin: PASSWORD },
    'auth.changePassword': {
      argv: ['--current-password-stdin', '--new-password-stdin'],
      stdin: `${PASSWORD}\n${PASSWORD}\n`,
    },
    'auth.revokeSession': { argv: [(await user.as.auth.sessions()).sessions[0]?.id ?? ''] },
    'users.removeMe': { argv: ['--current-password-stdin'], stdin: PASSWORD },
    'users.create': {
      argv: ['--email', `c${Math.random()}@example.com`, '--name', 'C', '--password-stdin'],
      stdin: PASSWORD,
    },
    'users.get': { argv: [user.email] },
    'users.update': { argv: [await other(), '--no-disabled'] },
    'users.remove': { argv: [await other()] },
    'sessions.list': { argv: [user.email] },
    'sessions.revoke': { argv: [await other()] },
    'sessions.revokeAll': {},
    'tasks.create': { argv: ['--title', 'T'] },
    'tasks.get': { argv: [await task()] },
    'tasks.update': { argv: [await task(), '--no-due-date'] },
    'tasks.remove': { argv: [await task()] },
    'tags.create': { argv: ['--name', `t${Math.random()}`] },
    'tags.get': { argv: [await tag()] },
    'tags.update': { argv: [await tag(), '--color', '#000000'] },
    'tags.remove': { argv: [await tag()] },
  };
  return known;
}

test('with -o json every command prints one JSON value: an array for a list, else an object', async () => {
  for (const spec of catalog) {
    const user = await world.user({ role: 'ADMIN' });
    const known = (await argumentsOf(user))[spec.id];
    const { argv = [], stdin = '' } = known ?? {};
    const run = await cli({ stdin }, spec.noun, spec.verb, ...argv, '-o', 'json', '--as', user.email);
    if (known || spec.output.kind === 'list') assert.equal(run.code, 0, `${spec.id}: ${run.stderr}`);
    if (run.code === 0) {
      assert.equal(Array.isArray(run.json()), spec.output.kind === 'list', spec.id);
      assert.ok(typeof run.json() === 'object' && run.json() !== null, spec.id);
    } else {
      assert.equal(run.stdout, '', spec.id);
      assert.equal(typeof JSON.parse(run.stderr).error.code, 'string', spec.id);
    }
  }
});

test('the commands that are no operations print one JSON value as well', async () => {
  for (const argv of [['db', 'status'], ['db', 'migrate'], ['secret', 'generate'], ['doctor']]) {
    const run = await cli(...argv, '--json');
    // The tests' own PostgreSQL is none that a doctor lets pass.
    assert.ok(run.code === 0 || (argv[0] === 'doctor' && run.code === 10), run.stderr);
    assert.equal(Array.isArray(run.json()), argv[0] === 'doctor');
  }
});

test('an empty list is [] in JSON, a header in CSV, nothing otherwise, and a hint on stderr', async () => {
  const { email } = await world.user();
  for (const argv of [['task', 'list'], ['ls'], ['tag', 'list']]) {
    const as = [...argv, '--as', email];
    assert.equal((await cli(...as, '--json')).stdout, '[]\n');
    assert.equal((await cli(...as, '-o', 'ndjson')).stdout, '');
    assert.equal((await cli(...as, '-o', 'ids')).stdout, '');
    assert.match((await cli(...as, '-o', 'csv')).stdout, /^id,[\w,]+\r\n$/);
    const table = await cli(...as);
    assert.equal(table.stdout, '');
    assert.match(table.stderr, /^No (tasks|tags)/);
    assert.equal((await cli(...as, '--quiet')).stderr, '');
  }
});
