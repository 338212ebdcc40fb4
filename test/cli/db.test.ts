import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Knex } from 'knex';
import { createCli } from '../support/cli.ts';
import { emptyDatabase, testDatabase } from '../support/database.ts';

interface Status {
  readonly applied: string[];
  readonly pending: string[];
}

let cli: ReturnType<typeof createCli>;
let url: string;
let db: Knex;

before(async () => {
  ({ url, db } = await emptyDatabase());
  cli = createCli(url);
});

const status = async () => (await cli('db', 'status', '--json')).json<Status>();

test('a database is migrated, looked at and rolled back by command, and by nothing else', async () => {
  const early = await cli('ls', '--json');
  assert.equal(early.code, 9);
  assert.match(early.stderr, /database\.schema_outdated.*taskctl db migrate|taskctl db migrate/);
  const { pending } = await status();
  assert.ok(pending.length >= 3);
  const check = await cli('db', 'status', '--check');
  assert.equal(check.code, 10);
  assert.match(check.stdout, /^pending {2}0001_accounts$/m);
  assert.match(check.stderr, new RegExp(`^taskctl: ${pending.length} migrations are pending \\(cli\\.check_failed\\)`));

  assert.deepEqual((await cli('db', 'migrate', '--json')).json(), { applied: pending });
  assert.deepEqual(await status(), { applied: pending, pending: [], unknown: [] });
  assert.equal((await cli('db', 'status', '--check')).code, 0);
  const again = await cli('db', 'migrate');
  assert.deepEqual([again.code, again.stdout, again.stderr], [0, '', 'Nothing to do\n']);
  assert.equal((await cli('ls')).code, 0);

  await db('taskapp.migrations').insert({ name: '9999_later', batch: 9 });
  assert.match((await cli('db', 'status')).stdout, /^unknown {2}9999_later$/m);
  const newer = await cli('db', 'rollback');
  assert.deepEqual([newer.code, /: 9999_later \(migration\.unknown\)/.test(newer.stderr)], [7, true]);
  await db('taskapp.migrations').where({ name: '9999_later' }).delete();

  const back = (await cli('db', 'rollback', '--all', '--json')).json<{ rolledBack: string[] }>();
  assert.deepEqual(back.rolledBack.toSorted(), pending);
  assert.deepEqual((await status()).applied, []);
});

test('at a terminal a rollback is asked about first', async () => {
  const { url: asked } = await testDatabase();
  const run = createCli(asked);
  const no = await run({ typed: ['n'] }, 'db', 'rollback', '--all');
  assert.equal(no.code, 3);
  assert.match(no.stderr, /Roll back\? \[y\/N\]/);
  assert.notDeepEqual((await run('db', 'status', '--json')).json<Status>().applied, []);
  assert.equal((await run({ typed: ['y'] }, 'db', 'rollback', '--all')).code, 0);
  assert.deepEqual((await run('db', 'status', '--json')).json<Status>().applied, []);
});

test('migrations go to DATABASE_DIRECT_URL where it is set', async () => {
  const direct = await emptyDatabase();
  const env = { DATABASE_DIRECT_URL: direct.url };
  assert.equal((await cli({ env }, 'db', 'migrate')).code, 0);
  const { rows } = await direct.db.raw("select to_regclass('taskapp.tasks') as found");
  assert.ok(rows[0].found);
  assert.deepEqual((await status()).applied, []);
});

test('the demo fills an empty database, and refuses any other', async () => {
  const demo = await testDatabase();
  const run = createCli(demo.url);
  const seeded = await run('db', 'seed', '--json');
  assert.equal(seeded.code, 0, seeded.stderr);
  assert.match(String(seeded.json().summary), /users with \d+ tasks/);
  assert.ok((await run('ls', '--as', 'admin@example.com', '--all', '-o', 'ids')).stdout.split('\n').length > 20);
  const twice = await run('db', 'seed');
  assert.equal(twice.code, 7);
  assert.match(twice.stderr, /holds accounts already/);
});
