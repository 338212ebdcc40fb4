import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createTaskApp } from '@taskapp/core';
import { createTestApp } from '@taskapp/core/testing';
import knex from 'knex';
import { knexSnakeCaseMappers } from 'objection';
import { administer, urlOf } from '../support/admin.ts';
import { atEnd } from '../support/cleanup.ts';
import { emptyDatabase, settingOf } from '../support/database.ts';
import { refused } from '../support/factories.ts';
import { PASSWORD, secrets } from '../support/world.ts';

const databaseUrl = settingOf('TEST_DATABASE_URL');
const throwaways = async (): Promise<string[]> =>
  (await administer(databaseUrl, "select datname from pg_database where datname ~ '^taskapp_test_[0-9]+_'")).rows.map(
    ({ datname }) => datname,
  );
atEnd(async () => {
  const { rows } = await administer(
    databaseUrl,
    "select datname from pg_database where datname ~ '^taskapp_test_template'",
  );
  for (const { datname } of rows) await administer(databaseUrl, `drop database if exists ${datname} with (force)`);
});
const nameOf = async (db: ReturnType<typeof knex>): Promise<string> =>
  (await db.raw('select current_database() as name')).rows[0].name;

test('test apps made at once have a database each, which is gone with them', async () => {
  const apps = await Promise.all([createTestApp({ databaseUrl }), createTestApp({ databaseUrl })]);
  const names = await Promise.all(apps.map(({ db }) => nameOf(db)));
  for (const { user, task, app } of apps) {
    const ada = await user();
    await task(ada);
    assert.equal((await app.as(ada.actor).tasks.list()).pagination.total, 1);
    assert.equal((await app.as({ kind: 'system', reason: 'test' }).users.list()).pagination.total, 1);
  }
  assert.equal((await throwaways()).filter((name) => names.includes(name)).length, 2);
  await Promise.all(apps.flatMap(({ close }) => [close(), close()]));
  assert.deepEqual(
    (await throwaways()).filter((name) => names.includes(name)),
    [],
  );
});

test('`await using` closes one, whatever the test does', async () => {
  const names: string[] = [];
  const failing = async () => {
    await using world = await createTestApp({ databaseUrl });
    names.push(await nameOf(world.db));
    throw new Error('the test fails');
  };
  await assert.rejects(failing, /the test fails/);
  assert.equal(names.length, 1);
  assert.deepEqual(
    (await throwaways()).filter((name) => names.includes(name)),
    [],
  );
});

test('`await using` closes an app of the host, and leaves its connections open', async () => {
  await using world = await createTestApp({ databaseUrl });
  const account = () => ({ email: `${randomBytes(4).toString('hex')}@example.com`, password: PASSWORD, name: 'Ada' });
  const use = async () => {
    await using app = createTaskApp({ db: world.db, redis: null, secrets: secrets(), passwords: { cost: 4 } });
    await app.auth.register({}, account());
    return app;
  };
  // Its threads are gone, so it hashes no more.
  await refused((await use()).auth.register({}, account()), 'auth.overloaded');
  assert.ok((await world.user()).id);
});

test('factories make what is believable, unique, and what was asked for', async () => {
  await using world = await createTestApp({
    databaseUrl,
    open: (url) => knex({ client: 'pg', connection: url, ...knexSnakeCaseMappers() }),
  });
  const { user, task, tag, actorFor, app, clock } = world;
  const [ada, root] = [await user(), await user({ name: 'Root', role: 'ADMIN' })];
  assert.notEqual(ada.email, root.email);
  assert.deepEqual([ada.role, root.role, root.name], ['USER', 'ADMIN', 'Root']);
  assert.ok((await root.as.users.list()).users.length === 2);
  const [one, two] = [await tag(ada), await tag(ada, { color: '#15803d' })];
  const made = await task(ada.actor, { priority: 'HIGH', tagIds: [one.id, two.id] });
  assert.deepEqual([made.title, made.priority, made.tags.length, two.color], ['Task 1', 'HIGH', 2, '#15803d']);
  assert.equal((await task(ada)).title, 'Task 2');
  assert.deepEqual(actorFor(ada.id), ada.actor);
  // @ts-expect-error a field that tasks do not have
  await refused(task(ada, { nonsense: 1 }), 'input.invalid');
  const claims = app.access.verify((await ada.signIn()).accessToken);
  assert.equal(claims.userId, ada.id);
  const { accessToken } = await ada.signIn();
  clock.advance(3600);
  assert.throws(() => app.access.verify(accessToken), { code: 'auth.token_invalid' });
});

test('an app with the accounts of its host is one too', async () => {
  await using world = await createTestApp({ databaseUrl, users: { find: (id) => ({ id }) } });
  const ada = world.actorFor('42');
  assert.equal((await world.task(ada)).userId, '42');
  assert.ok(!('user' in world));
});

test('a database of the host is migrated, and left as it is', async () => {
  const { db } = await emptyDatabase();
  const world = await createTestApp({ db });
  const ada = await world.user();
  await world.close();
  assert.deepEqual(await db('taskapp.users').pluck('id'), [ada.id]);
});

test('what killed runs have left is dropped after an hour', async () => {
  const minutesAgo = (minutes: number) =>
    `taskapp_test_${Date.now() - minutes * 60_000}_${randomBytes(4).toString('hex')}`;
  const [old, recent] = [minutesAgo(61), minutesAgo(50)];
  for (const name of [old, recent]) await administer(databaseUrl, `create database ${name}`);
  atEnd(() => administer(databaseUrl, `drop database ${recent}`));
  await (await createTestApp({ databaseUrl })).close();
  assert.deepEqual(
    (await throwaways()).filter((name) => [old, recent].includes(name)),
    [recent],
  );
});

test('what is missing is said', async () => {
  const role = `nobody_${randomBytes(4).toString('hex')}`;
  await administer(databaseUrl, `create role ${role} login password 'x'`);
  atEnd(() => administer(databaseUrl, `drop role ${role}`));
  const url = new URL(urlOf(databaseUrl, 'postgres'));
  url.username = role;
  url.password = 'x';
  await assert.rejects(createTestApp({ databaseUrl: url.href }), new RegExp(`alter role ${role} createdb`));
  await assert.rejects(
    createTestApp({ databaseUrl: 'postgres://127.0.0.1:1/x' }),
    /cannot reach PostgreSQL at 127\.0\.0\.1:1/,
  );
  await assert.rejects(createTestApp({ databaseUrl: '' }), TypeError);
  const before = await throwaways();
  await assert.rejects(createTestApp({ databaseUrl, passwords: { cost: 99 } }), /passwords\.cost/);
  assert.deepEqual(
    (await throwaways()).filter((name) => !before.includes(name)),
    [],
  );
});
