import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { createTaskApp } from '@taskapp/core';
import { migrationConfig } from '../../packages/core/src/migrations.ts';
import { contents, NO_TOOLS } from '../support/backup.ts';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { emptyDatabase, testDatabase } from '../support/database.ts';
import { refused } from '../support/factories.ts';
import { createWorld, PASSWORD, secrets, type TestUser, type World } from '../support/world.ts';

const shared = { secrets: secrets(), passwords: { cost: 4 }, redis: null };

let world: World;
let ada: TestUser;
let cwd: string;

const cliOf = (url: string) => createCli(url, { cwd, env: NO_TOOLS });

before(async () => {
  cwd = fs.mkdtempSync(join(tmpdir(), 'taskctl-restore-'));
  atEnd(() => fs.rmSync(cwd, { recursive: true, force: true }));
  world = await createWorld(shared);
  ada = await world.user();
  assert.equal((await cliOf(world.url)('backup', 'good.ndjson')).code, 0);
});

test('sessions are ended on request, and a database that holds anything is refused and stays as it is', async () => {
  const { db, url } = await emptyDatabase();
  const done = (await cliOf(url)('restore', 'good.ndjson', '--revoke-sessions', '--json')).json();
  assert.deepEqual([done.revokedSessions, await db('taskapp.sessions').whereNull('revoked_at')], [1, []]);
  const ended = await db('taskapp.events').where({ type: 'session.revoked' }).select('actor_reason', 'changes');
  assert.equal(ended.length, 1);
  assert.match(ended[0].actor_reason, /^taskctl by /);
  const was = await contents(db);
  const refused = await cliOf(url)('restore', 'good.ndjson');
  assert.deepEqual([refused.code, await contents(db)], [7, was]);
  assert.match(refused.stderr, /holds accounts already \(1\) \(cli\.not_empty\)/);
  await db.raw('delete from taskapp.users');
  assert.match((await cliOf(url)('restore', 'good.ndjson')).stderr, /holds data already \(events: /);
});

test('after a restore people sign in as before, and tokens that are newer than the backup raise no alarm', async () => {
  const { app } = world;
  const { refreshToken: newer } = await app.auth.refresh({}, { refreshToken: ada.refreshToken });
  const { refreshToken: newest } = await app.auth.refresh({}, { refreshToken: newer });
  const later = await app.auth.login({}, { email: ada.email, password: PASSWORD });
  const { db, url } = await emptyDatabase();
  assert.equal((await cliOf(url)('restore', 'good.ndjson')).code, 0);
  const restored = createTaskApp({ ...shared, db });
  atEnd(restored.close);
  for (const refreshToken of [newest, newer, later.refreshToken]) {
    await refused(restored.auth.refresh({}, { refreshToken }), 'auth.refresh_invalid');
  }
  await refused(restored.access.authenticate(restored.access.verify(later.accessToken)), 'auth.token_invalid');
  assert.deepEqual(await db('taskapp.events').where({ type: 'session.revoked' }), []);
  assert.deepEqual(await db('taskapp.sessions').whereNotNull('revoked_at'), []);
  await restored.auth.refresh({}, { refreshToken: ada.refreshToken });
  await restored.auth.login({}, { email: ada.email, password: PASSWORD });
  await restored.as(ada.actor).tasks.create({ title: 'goes on' });
});

test('a restored database refuses what a migrated one does: its constraints and the log that only grows', async () => {
  const { db, url } = await emptyDatabase();
  assert.equal((await cliOf(url)('restore', 'good.ndjson')).code, 0);
  const describe = `select conrelid::regclass::text || conname || convalidated || pg_get_constraintdef(oid) as line
    from pg_constraint where connamespace = 'taskapp'::regnamespace
    union all select tgrelid::regclass::text || tgname || tgenabled::text from pg_trigger where not tgisinternal order by 1`;
  const lines = (await db.raw(describe)).rows;
  assert.deepEqual(lines, (await world.db.raw(describe)).rows);
  assert.ok(lines.length > 30);
});

test('an older backup is restored under its schema and then migrated, also where a newer one is set up', async () => {
  const old = await testDatabase();
  await old.db.migrate.down(migrationConfig);
  const { applied } = (await cliOf(old.url)('db', 'status', '--json')).json<{ applied: string[] }>();
  await old.db.raw(`insert into taskapp.users (id, email, email_key, name, password_hash)
    values (gen_random_uuid(), 'a@b.c', 'a@b.c', 'Ada', 'x')`);
  assert.equal((await cliOf(old.url)('backup', 'older.ndjson')).code, 0);
  for (const target of [await emptyDatabase(), await testDatabase()]) {
    const done = (await cliOf(target.url)('restore', 'older.ndjson', '--json')).json<Record<string, string[]>>();
    assert.deepEqual([done.schemaVersion, done.migrated?.length], [applied.at(-1), 1]);
    assert.equal((await cliOf(target.url)('db', 'status', '--check')).code, 0);
    assert.equal((await target.db('taskapp.users')).length, 1);
  }
});
