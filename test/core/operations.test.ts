import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Actor, ERRORS, fieldsOf, operations, run, runAsJson } from '@taskapp/core';
import { problemsOf, refused } from '../support/factories.ts';
import { createWorld, SYSTEM, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const paramsOf = (http: string) => [...http.matchAll(/:(\w+)/g)].map(([, name]) => name!);

for (const operation of operations) {
  const { id, http, input, access, errors = [], status, output, query = [] } = operation;
  test(`${id} describes itself and guards itself`, async () => {
    const { fields, required } = fieldsOf(input);
    assert.match(operation.summary, /^[A-Z].*[^.]$/);
    const [method = '', path = ''] = http.split(' ');
    assert.ok(METHODS.includes(method) && /^(\/([a-z-]+|:[a-z]\w*))+$/.test(path), http);
    for (const [name, field] of Object.entries(fields)) assert.ok(field.description, `${id}.${name} has a description`);
    for (const name of paramsOf(http)) assert.ok(required.includes(name), `${name} is required`);
    for (const name of query) assert.ok(name in fields, `${name} is an input`);
    for (const { code } of errors)
      assert.ok(
        ERRORS.some((known) => known.code === code),
        `${code} is known`,
      );
    if (status === 201) assert.ok(output && method === 'POST');
    if (paramsOf(http).length > 0)
      assert.ok(
        errors.some(({ kind }) => kind === 'not_found'),
        'a path that may be absent',
      );

    const anonymous = { actor: null };
    if (access !== 'public') {
      await refused(run(world.app, operation, anonymous, {}), 'auth.token_required');
      await refused(runAsJson(world.app, operation, { actor: undefined } as never, {}), 'auth.token_required');
    }
    if (access === 'self') await refused(run(world.app, operation, { actor: SYSTEM }, {}), 'auth.user_required');
    const user = await world.user();
    if (access === 'admin') await refused(run(world.app, operation, { actor: user.actor }, {}), 'auth.admin_required');

    const actor: Actor | null = access === 'public' ? null : { ...user.actor, role: 'ADMIN' };
    const params = Object.fromEntries(paramsOf(http).map((name) => [name, crypto.randomUUID()]));
    const problems = await problemsOf(run(world.app, operation, { actor }, { ...params, bogusField: 1 }));
    assert.ok(problems.includes('bogusField: Unrecognized key'), String(problems));
  });
}

test('operations are the functions of the app, each at an address of its own', () => {
  const named = operations.map(({ id }) => id);
  const { auth, users, sessions, tasks, tags, events } = world.app;
  const functions = Object.entries({ auth, users, sessions, tasks, tags, events }).flatMap(([feature, service]) =>
    Object.keys(service).map((name) => `${feature}.${name}`),
  );
  assert.deepEqual(named.toSorted(), functions.sort());
  assert.equal(new Set(operations.map(({ http }) => http.replaceAll(/:\w+/g, ':'))).size, operations.length);
});

test('codes are unique, named feature.reason, and have a message', () => {
  assert.equal(new Set(ERRORS.map(({ code }) => code)).size, ERRORS.length);
  for (const { code, message } of ERRORS) {
    assert.match(code, /^[a-z_]+\.[a-z_]+$/);
    assert.match(message, /^[A-Z]/);
  }
});

test('an operation answers as values and as the JSON of those values', async () => {
  const { as, actor } = await world.user();
  const list = operations.find(({ id }) => id === 'tasks.list')!;
  await as.tasks.create({ title: 'one', dueDate: '2030-01-01T00:00:00Z' });
  for (let time = 0; time < 2; time += 1) {
    const value = await run(world.app, list, { actor }, {});
    assert.equal((await runAsJson(world.app, list, { actor }, {})).json, JSON.stringify(value));
    assert.ok((value as { tasks: { dueDate: unknown }[] }).tasks[0]?.dueDate instanceof Date);
  }
  const logout = operations.find(({ id }) => id === 'auth.logout')!;
  assert.deepEqual(await runAsJson(world.app, logout, { actor }, {}), {});
});
