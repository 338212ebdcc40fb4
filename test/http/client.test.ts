import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ERRORS, isTaskAppError, operations } from '@taskapp/core';
import { createHttpApp, toHttpError } from '@taskapp/http';
import { createTaskClient } from '@taskapp/http/client';
import { kindOf } from '../../packages/http/src/client/client-error.ts';
import { routes } from '../../packages/http/src/client/routes.ts';
import { failureOf } from '../support/client.ts';
import { serveFaulty } from '../support/http-server.ts';
import { createWorld, PASSWORD } from '../support/world.ts';

const { app, user } = await createWorld();
const server = await serveFaulty(createHttpApp(app).callback());

/** A client of its own, signed in as a new user. */
async function signedIn(options: Parameters<typeof user>[0] = {}) {
  const account = await user(options);
  const client = createTaskClient({ url: server.url, userAgent: 'client test' });
  await client.auth.login({ email: account.email, password: PASSWORD });
  return { ...account, client };
}

describe('the operations', () => {
  test('are all there, under their names in the library', () => {
    const client = createTaskClient({ url: server.url }) as unknown as Record<string, Record<string, unknown>>;
    for (const { feature, name } of operations) assert.equal(typeof client[feature]?.[name], 'function', name);
    assert.deepEqual(
      Object.keys(routes),
      operations.map(({ id }) => id),
    );
  });

  test('answer what the library answers, times as dates', async () => {
    const { client, as } = await signedIn();
    const tag = await client.tags.create({ name: 'home' });
    assert.deepEqual(tag, await as.tags.get({ id: tag.id }));
    const task = await client.tasks.create({ title: 'x', dueDate: new Date('2027-01-31T09:00:00Z'), tagIds: [tag.id] });
    assert.ok(task.createdAt instanceof Date);
    assert.equal(task.dueDate?.toISOString(), '2027-01-31T09:00:00.000Z');
    assert.deepEqual(task, await as.tasks.get({ id: task.id }));
    assert.deepEqual(await client.tasks.get({ id: task.id }), task);
    assert.deepEqual(await client.tasks.list({ tagId: tag.id }), await as.tasks.list({ tagId: tag.id }));
    assert.deepEqual(await client.tags.list(), await as.tags.list());
    const done = await client.tasks.update({ id: task.id, status: 'DONE', dueDate: null });
    assert.deepEqual([done.dueDate, done.completedAt instanceof Date], [null, true]);
    assert.equal(await client.tasks.remove({ id: task.id }), undefined);
    assert.deepEqual(await client.tags.update({ id: tag.id, color: '#000000' }), await as.tags.get({ id: tag.id }));
    assert.deepEqual(await client.tags.get({ id: tag.id }), await as.tags.get({ id: tag.id }));
    const text = 'Pay rent on 3 March 2031 #home // x';
    assert.deepEqual(await client.tasks.previewQuickAdd({ text }), await as.tasks.previewQuickAdd({ text }));
    const { results } = await client.tasks.import({ tasks: [{ title: 'one', metadata: { from: 'elsewhere' } }] });
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['created'],
    );
    assert.deepEqual(await client.tasks.export(), await as.tasks.export());
    assert.deepEqual(await client.tasks.stats(), await as.tasks.stats());
    const quick = await client.tasks.quickAdd({ text });
    assert.deepEqual(quick, await as.tasks.get({ id: quick.id }));
    await client.tags.remove({ id: tag.id });
    assert.deepEqual(await as.tags.list(), { tags: [] });
  });

  test('of accounts and sessions work too', async () => {
    const client = createTaskClient({ url: server.url });
    const email = `client-${crypto.randomUUID()}@example.com`;
    const { user: made } = await client.auth.register({ email, password: PASSWORD, name: 'Grace' });
    assert.equal((await client.users.me()).id, made.id);
    assert.equal((await client.users.updateMe({ name: 'Grace H.' })).name, 'Grace H.');
    const second = createTaskClient({ url: server.url, userAgent: 'second' });
    await second.auth.login({ email, password: PASSWORD });
    const { sessions } = await client.auth.sessions();
    assert.ok(sessions.every(({ lastUsedAt }) => lastUsedAt instanceof Date));
    const other = sessions.find(({ userAgent }) => userAgent === 'second');
    await client.auth.revokeSession({ id: other?.id ?? '' });
    assert.equal((await failureOf(second.users.me())).kind, 'unauthenticated');
    await client.auth.changePassword({ currentPassword: PASSWORD, newPassword: 'Password456' });
    await client.auth.logoutAll({ scope: 'others' });
    assert.equal((await client.users.me()).name, 'Grace H.');
    await client.users.removeMe({ currentPassword: 'Password456' });
    assert.equal((await failureOf(client.users.me())).kind, 'unauthenticated');
  });

  test('of administrators as well', async () => {
    const { client } = await signedIn({ role: 'ADMIN' });
    const email = `made-${crypto.randomUUID()}@example.com`;
    const made = await client.users.create({ email, name: 'Made', password: PASSWORD });
    const theirs = createTaskClient({ url: server.url });
    await theirs.auth.login({ email, password: PASSWORD });
    assert.equal((await client.sessions.list({ id: made.id })).sessions.length, 1);
    assert.deepEqual(await client.sessions.revoke({ id: made.id }), { revoked: 1 });
    assert.ok((await client.users.update({ id: made.id, disabled: true })).disabledAt instanceof Date);
    assert.ok((await client.users.get({ id: made.id })).disabledAt instanceof Date);
    assert.deepEqual(
      (await client.users.list({ email })).users.map(({ id }) => id),
      [made.id],
    );
    const { events } = await client.events.list({ entityId: made.id });
    assert.ok(events.length > 0 && events.every(({ createdAt }) => createdAt instanceof Date));
    await client.users.remove({ id: made.id });
    assert.equal((await failureOf(client.users.get({ id: made.id }))).code, 'user.not_found');
    assert.ok((await client.sessions.revokeAll()).revoked > 0);
    assert.equal((await failureOf(client.users.me())).kind, 'unauthenticated');
  });

  test('have been called over HTTP above, each of them', () => {
    const called = (method: string, path: string) => {
      const pattern = new RegExp(`^${path.replace(/:\w+/g, '[\\w-]+')}$`);
      return server.seen.some((request) => request.method === method && pattern.test(request.url.split('?')[0] ?? ''));
    };
    const missing = Object.entries(routes).filter(([, { method, path }]) => !called(method, path));
    assert.deepEqual(
      missing.map(([id]) => id).filter((id) => !['auth.logout', 'auth.refresh'].includes(id)),
      [],
    );
  });

  test('can be called by name, with what the answer says besides its data', async () => {
    const { client } = await signedIn();
    const task = await client.call('tasks.create', { title: 'by name' }, { requestId: 'abc-1', idempotencyKey: 'k1' });
    const again = await client.send('tasks.create', { title: 'by name' }, { idempotencyKey: 'k1' });
    assert.deepEqual([again.data, again.status, again.isReplayed], [task, 201, true]);
    const { data, etag, requestId } = await client.send('tasks.get', { id: task.id }, { requestId: 'abc-2' });
    assert.deepEqual([data.title, requestId, etag?.startsWith('"1-')], ['by name', 'abc-2', true]);
    await assert.rejects(client.call('tasks.nope' as 'tasks.get'), /no operation "tasks.nope"/);
    await assert.rejects(client.call('constructor' as 'tasks.get'), TypeError);
  });

  test('renewal and the end of a session are found by what they take and answer', () => {
    const special = Object.entries(routes).filter(([, { tokens }]) => tokens);
    assert.deepEqual(
      special.map(([id, { tokens }]) => [id, tokens]),
      [
        ['auth.refresh', 'renew'],
        ['auth.logout', 'end'],
      ],
    );
  });
});

describe('inputs', () => {
  test('travel where the operation wants them', async () => {
    const { client } = await signedIn();
    server.forget();
    await client.tasks.list({ status: 'TODO', dueBefore: new Date(0), limit: 5, count: false, tagId: undefined });
    assert.equal(
      server.seen[0]?.url,
      '/api/tasks?status=TODO&dueBefore=1970-01-01T00%3A00%3A00.000Z&limit=5&count=false',
    );
    await client.auth.logoutAll({ scope: 'others' });
    assert.equal(server.seen[1]?.url, '/api/auth/logout-all?scope=others');
  });

  test('cannot lead to another address', async () => {
    const { client } = await signedIn({ role: 'ADMIN' });
    server.forget();
    for (const id of ['..', '.', '', '../sessions', 'a/b', '%2e%2e', '?x', '\ud800']) {
      assert.equal((await failureOf(client.sessions.revoke({ id }))).code, 'user.not_found', id);
    }
    assert.ok(server.seen.every(({ url }) => /^\/api\/users\/[^/?]+\/sessions$/.test(url)));
    assert.equal((await client.users.me()).role, 'ADMIN');
  });

  test('that JSON would turn into null are refused by name', async () => {
    const { client } = await signedIn();
    const task = await client.tasks.create({ title: 'x', dueDate: new Date('2027-01-31T09:00:00Z') });
    const error = await failureOf(client.tasks.update({ id: task.id, dueDate: new Date('nonsense') }));
    assert.deepEqual([error.code, error.problems?.map(({ path }) => path)], ['input.invalid', ['dueDate']]);
    assert.ok((await client.tasks.get({ id: task.id })).dueDate);
  });
});

describe('errors', () => {
  test('have what those of the library have, and the request id', async () => {
    const { client, as } = await signedIn();
    const wrong = { title: '', priority: 'NOPE' as 'LOW', tagIds: ['x'] };
    const local = await as.tasks.create(wrong).catch((error: unknown) => error);
    const remote = await failureOf(client.tasks.create(wrong, { requestId: 'abc' }));
    assert.ok(isTaskAppError(local) && isTaskAppError(remote));
    assert.deepEqual(
      [remote.code, remote.kind, remote.message, remote.problems],
      [local.code, local.kind, local.message, local.problems],
    );
    assert.deepEqual([remote.requestId, remote.status, remote.name], ['abc', 400, 'TaskClientError']);
    assert.equal((await failureOf(client.tasks.get({ id: crypto.randomUUID() }))).kind, 'not_found');
  });

  test('are of the kind that the core gives them', () => {
    for (const spec of ERRORS) assert.equal(kindOf(toHttpError(spec).status), spec.kind, spec.code);
  });
});

describe('conditional changes', () => {
  test('take the version, or the ETag', async () => {
    const { client } = await signedIn();
    const { data: first, etag } = await client.send('tasks.create', { title: 'x' });
    const second = await client.tasks.update({ id: first.id, title: 'y' }, { ifMatch: first.version });
    for (const ifMatch of [first.version, etag]) {
      const error = await failureOf(client.tasks.update({ id: first.id, title: 'z' }, { ifMatch }));
      assert.deepEqual([error.code, error.kind], ['input.version_conflict', 'precondition']);
    }
    await client.tasks.remove({ id: first.id }, { ifMatch: second.version });
  });
});

describe('lists', () => {
  test('are read to their end, page by page as they are asked for', async () => {
    const { client } = await signedIn();
    const titles = Array.from({ length: 7 }, (_, index) => `task ${index}`);
    for (const title of titles) await client.tasks.create({ title });
    const found: string[] = [];
    for await (const { title } of client.tasks.list.all({ limit: 3, sort: 'createdAt' })) found.push(title);
    assert.deepEqual(found, titles);
    server.forget();
    const sizes: number[] = [];
    for await (const { tasks } of client.tasks.list.pages({ limit: 3, page: 2 })) sizes.push(tasks.length);
    assert.deepEqual(sizes, [3, 1]);
    for await (const task of client.tasks.list.all()) {
      assert.equal(task.title, 'task 6');
      break;
    }
    assert.deepEqual(server.seen.length, 3);
    assert.equal(server.seen[2]?.url, '/api/tasks?limit=100&count=false');
  });

  test('with numbered pages too', async () => {
    const { client } = await signedIn({ role: 'ADMIN' });
    await Promise.all([user(), user()]);
    const ids = new Set<string>();
    for await (const { id } of client.users.list.all({ limit: 2 })) ids.add(id);
    assert.equal(ids.size, (await client.users.list()).pagination.total);
    for await (const { events } of client.events.list.pages({ limit: 50 })) assert.ok(events.length > 0);
  });

  test('end with the signal', async () => {
    const { client } = await signedIn();
    for (const title of ['a', 'b']) await client.tasks.create({ title });
    const stop = new AbortController();
    const pages = client.tasks.list.pages({ limit: 1 }, { signal: stop.signal });
    assert.equal((await pages.next()).done, false);
    stop.abort();
    assert.equal((await failureOf(pages.next())).code, 'client.aborted');
  });
});
