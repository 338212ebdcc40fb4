import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { operations } from '@taskapp/core';
import { describeOperations } from '../../packages/cli/src/catalog/describe.ts';
import { kebab } from '../../packages/cli/src/catalog/names.ts';
import { ownCommands } from '../../packages/cli/src/commands/own-commands.ts';
import { presentation } from '../../packages/cli/src/presentation.ts';
import { shortcuts } from '../../packages/cli/src/shortcuts.ts';
import { createCli } from '../support/cli.ts';
import { createWorld, secrets, type World } from '../support/world.ts';

const catalog = describeOperations(operations);

let world: World;
let cli: ReturnType<typeof createCli>;

before(async () => {
  world = await createWorld({ redis: null });
  const { access, refresh } = secrets();
  cli = createCli(world.url, { env: { JWT_ACCESS_SECRET: access, JWT_REFRESH_SECRET: refresh, BCRYPT_COST: '4' } });
});

/** Every command knows whose clock is meant. */
const flagOf = (name: string) => (name === 'timeZone' ? 'tz' : kebab(name));

test('every operation has a command whose help describes it and all its fields', async () => {
  for (const spec of catalog) {
    const { code, stdout } = await cli(spec.noun, spec.verb, '--help');
    assert.equal(code, 0, spec.id);
    assert.ok(spec.summary.length > 3 && stdout.includes(spec.summary), `${spec.id}: ${stdout}`);
    for (const name of spec.id in ownCommands ? [] : Object.keys(spec.fields)) {
      const isPositional = spec.params.includes(name);
      assert.match(
        stdout,
        isPositional ? new RegExp(`[<[]${kebab(name)}[>\\]]`) : new RegExp(`--(\\w+-)?${flagOf(name)}`),
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
