import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { connect, createTaskApp } from '@taskapp/core';
import { testDatabase } from '../support/database.ts';
import { PASSWORD, secrets } from '../support/world.ts';

const { url } = await testDatabase();

function open(prepared: boolean) {
  const db = connect(url, { poolMax: 1, prepared });
  const app = createTaskApp({ db, redis: null, secrets: secrets(), passwords: { cost: 4 }, cache: false });
  after(async () => {
    await app.close();
    await db.destroy();
  });
  return { db, app };
}

const statements = async (db: ReturnType<typeof connect>): Promise<string[]> =>
  (await db.raw('select statement from pg_prepared_statements')).rows.map(
    (row: { statement: string }) => row.statement,
  );

async function register(app: ReturnType<typeof open>['app']) {
  const email = `${Math.random().toString(36).slice(2)}@example.com`;
  const { accessToken } = await app.auth.register({}, { email, password: PASSWORD, name: 'Ada' });
  return (await app.access.authenticate(app.access.verify(accessToken))).actor;
}

it('plans each statement once a connection', async () => {
  const { db, app } = open(true);
  const actor = await register(app);
  for (let i = 0; i < 3; i += 1) await app.tasks.list({ actor });
  const planned = await statements(db);
  assert.ok(planned.some((statement) => statement.includes('taskapp.tasks')));
  assert.equal(new Set(planned).size, planned.length);
});

it('keeps no statement where the connection is shared behind a pooler', async () => {
  const { db, app } = open(false);
  await app.tasks.list({ actor: await register(app) });
  assert.deepEqual(await statements(db), []);
});

it('answers reads and writes through a migration that changes a table', async () => {
  const { db, app } = open(true);
  const actor = await register(app);
  const { id } = await app.tasks.create({ actor }, { title: 'Before' });
  await app.tasks.get({ actor }, { id });
  await app.tasks.update({ actor }, { id, title: 'Still before' });
  await db.raw('alter table taskapp.tasks add column extra integer');
  assert.equal((await app.tasks.get({ actor }, { id })).title, 'Still before');
  await db.raw('alter table taskapp.tasks add column more integer');
  assert.equal((await app.tasks.update({ actor }, { id, title: 'After' })).title, 'After');
  assert.equal((await app.tasks.list({ actor })).pagination.total, 1);
});
