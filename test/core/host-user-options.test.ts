import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createTaskApp, type HostedTaskAppOptions, type HostUsers } from '@taskapp/core';
import knex from 'knex';
import { knexSnakeCaseMappers } from 'objection';
import { atEnd } from '../support/cleanup.ts';
import { testDatabase } from '../support/database.ts';
import { problemsOf } from '../support/factories.ts';
import { actorOf } from '../support/host.ts';
import { secrets } from '../support/world.ts';

const { db, url } = await testDatabase();
const find: HostUsers['find'] = (id) => ({ id });
const make = (options: Partial<HostedTaskAppOptions> = {}) => {
  const app = createTaskApp({ db, redis: null, users: { find }, ...options });
  atEnd(app.close);
  return app;
};

test('what cannot work is refused with all that is wrong', () => {
  const wrong = (options: object, ...lines: string[]) =>
    assert.throws(
      () => createTaskApp({ db, redis: null, ...options } as HostedTaskAppOptions),
      (error: Error) => {
        assert.ok(error instanceof TypeError);
        assert.deepEqual(
          error.message
            .split('\n')
            .slice(1)
            .map((line) => line.trim()),
          lines,
        );
        return true;
      },
    );
  wrong({ users: null }, 'users.find: Must be a function');
  wrong(
    { users: { find: 1, authenticate: 'x' } },
    'users.find: Must be a function',
    'users.authenticate: Must be a function',
  );
  wrong({ users: { find }, passwords: { cost: 4 } }, "passwords: Means nothing where accounts are the host's");
  wrong({ users: undefined }, 'secrets: Invalid input: expected object, received undefined');
});

test('a cursor leads on in every process of the host, with and without secrets', async () => {
  for (const options of [{}, { secrets: secrets() }]) {
    const [one, other] = [make(options), make(options)];
    const ada = actorOf(`ada ${Object.keys(options)}`);
    for (const title of ['a', 'b', 'c']) await one.as(ada).tasks.create({ title });
    const { nextCursor } = (await one.as(ada).tasks.list({ limit: 2 })).pagination;
    const { tasks } = await other.as(ada).tasks.list({ limit: 2, cursor: nextCursor ?? '' });
    assert.deepEqual(
      tasks.map(({ title }) => title),
      ['a'],
    );
    const foreign = other.as(actorOf('grace')).tasks.list({ limit: 2, cursor: nextCursor ?? '' });
    assert.match((await problemsOf(foreign)).join(), /^cursor: Does not belong to this list/);
  }
});

test('a cursor that somebody makes up leads nowhere', async () => {
  const app = make();
  const { workspaceId, userId } = await app.as(actorOf('mallory')).tasks.create({ title: 'x' });
  assert.equal(userId, 'mallory');
  const [{ id }] = await db('taskapp.users').where('external_id', 'mallory').select('id');
  const scope = JSON.stringify([id, workspaceId, '-createdAt', {}]);
  const forge = (position: unknown) => {
    const body = Buffer.from(JSON.stringify(position)).toString('base64url');
    const mac = createHmac('sha256', 'taskapp cursor taskapp cursors of hosted apps, access').update(
      `${body}\n${scope}`,
    );
    return `${body}.${mac.digest().subarray(0, 16).toString('base64url')}`;
  };
  const listFrom = (position: unknown) => app.as(actorOf('mallory')).tasks.list({ cursor: forge(position) });
  // Known to all, and good for nothing but a place in one's own list.
  const { tasks } = await listFrom(['9999-01-01T00:00:00Z', id]);
  assert.equal(tasks.length, 1);
  for (const position of [[], ['2026-01-01T00:00:00Z'], [1, 2, 3], 'x', null, [{}, null]])
    assert.match((await problemsOf(listFrom(position))).join(), /^cursor: Does not belong to this list/);
});

test('a host whose Knex maps names, with UUIDs and texts for ids', async () => {
  const mapped = knex({ client: 'pg', connection: url, ...knexSnakeCaseMappers() });
  atEnd(() => mapped.destroy());
  const app = make({ db: mapped });
  for (const name of ['ada@example.com', 'Ünï "quoted" \\ $& id', 'x'.repeat(255)]) {
    const me = app.as(actorOf(name));
    const { id } = await me.tasks.create({ title: 'x' });
    assert.equal((await make().tasks.get({ actor: actorOf(name) }, { id })).userId, name);
    const { events } = await make().as({ kind: 'system', reason: 'test' }).events.list({ entityId: id });
    assert.equal(events[0]?.actor.userId, name);
    assert.equal(await app.forgetUser({ kind: 'system', reason: 'test' }, name), true);
  }
});
