import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  addMember,
  blockedBackend,
  codeOf,
  eventsOf,
  hostTransaction,
  problemsOf,
  refused,
  tally,
} from '../support/factories.ts';
import { createWorld, PASSWORD, SYSTEM, UNTHROTTLED, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld({ passwords: { cost: 4, maxQueue: 1000 }, throttle: UNTHROTTLED });
});

const MISSING = '01890000-0000-7000-8000-000000000000';

test('an account shows what belongs to it and nothing of its password', async () => {
  const { as, id, email } = await world.user();
  const me = await as.users.me();
  assert.deepEqual(Object.keys(me).sort(), [
    'createdAt',
    'disabledAt',
    'email',
    'id',
    'name',
    'role',
    'updatedAt',
    'version',
  ]);
  assert.deepEqual([me.id, me.email, me.name, me.role, me.disabledAt, me.version], [id, email, 'Ada', 'USER', null, 1]);
});

test('a name changes without a password; what is absent or the same stays, without a version or an event', async () => {
  const { as, id, email } = await world.user();
  const renamed = await as.users.updateMe({ name: ' Grace ' });
  assert.deepEqual([renamed.name, renamed.version], ['Grace', 2]);
  for (const nothing of [{}, { name: 'Grace' }, { email }, { name: 'Grace', currentPassword: PASSWORD }]) {
    assert.deepEqual(await as.users.updateMe(nothing), renamed);
  }
  const events = await eventsOf(world.db, id);
  assert.deepEqual(
    events.map(({ type, changes }) => [type, changes.name]),
    [
      ['user.created', { to: 'Ada' }],
      ['user.updated', { from: 'Ada', to: 'Grace' }],
    ],
  );
});

test('an e-mail address changes with the password only, and to nobody else’s in any case', async () => {
  const { app } = world;
  const { as, email } = await world.user();
  const bob = await world.user();
  const fresh = `Fresh-${email}`;
  assert.deepEqual(await problemsOf(as.users.updateMe({ email: fresh })), [
    'currentPassword: Required to change the e-mail address',
  ]);
  await refused(as.users.updateMe({ email: fresh, currentPassword: 'Password124' }), 'user.password_wrong');
  const taken = { email: bob.email.toUpperCase(), currentPassword: PASSWORD };
  await refused(as.users.updateMe(taken), 'user.email_taken');
  assert.equal((await as.users.me()).email, email);
  assert.equal((await as.users.updateMe({ email: fresh, currentPassword: PASSWORD })).email, fresh);
  await refused(app.auth.login({}, { email, password: PASSWORD }), 'auth.credentials_invalid');
  await app.auth.login({}, { email: fresh.toLowerCase(), password: PASSWORD });
  assert.equal((await as.users.updateMe({ email: fresh.toUpperCase(), currentPassword: PASSWORD })).version, 3);
  await app.auth.register({}, { email, password: PASSWORD, name: 'New' });
});

test('of users who take one address at once, one gets it', async () => {
  const users = await Promise.all(Array.from({ length: 8 }, () => world.user()));
  const email = 'Contested@example.com';
  const calls = users.map(({ as }) => codeOf(as.users.updateMe({ email, currentPassword: PASSWORD })));
  assert.deepEqual(tally(await Promise.all(calls)), { ok: 1, 'user.email_taken': 7 });
});

test('deleting an account takes the password and everything that is the user’s', async () => {
  const { app, db } = world;
  const { as, id, email, actor } = await world.user();
  const tag = await as.tags.create({ name: 'mine' });
  const task = await as.tasks.create({ title: 'mine', tagIds: [tag.id] });
  await refused(as.users.removeMe({ currentPassword: 'Password124' }), 'user.password_wrong');
  await as.users.removeMe({ currentPassword: PASSWORD });
  await refused(app.users.me({ actor }), 'user.not_found');
  await refused(as.users.updateMe({ name: 'Ghost' }), 'user.not_found');
  await refused(as.tasks.create({ title: 'ghost' }), 'workspace.forbidden');
  await refused(app.auth.login({}, { email, password: PASSWORD }), 'auth.credentials_invalid');
  for (const [table, column, value] of [
    ['sessions', 'user_id', id],
    ['members', 'user_id', id],
    ['workspaces', 'owner_id', id],
    ['tasks', 'id', task.id],
    ['tags', 'id', tag.id],
    ['task_tags', 'task_id', task.id],
  ] as const) {
    assert.deepEqual(await db(`taskapp.${table}`).where(column, value), [], table);
  }
  const last = (await eventsOf(db, id)).at(-1);
  assert.deepEqual([last?.type, last?.actor_id, last?.changes.email], ['user.removed', id, { from: email }]);
  await app.auth.register({}, { email, password: PASSWORD, name: 'Again' });
});

test('a call that waits while its user is deleted is refused, and is no failure', async (t) => {
  const { app, db } = world;
  const calls: Record<string, (user: Awaited<ReturnType<World['user']>>, id: string) => Promise<unknown>> = {
    'workspace.forbidden': ({ as }) => as.tasks.create({ title: 'late' }),
    'workspace.forbidden ': ({ as }) => as.tags.create({ name: 'late' }),
    'task.not_found': ({ as }, id) => as.tasks.update({ id, title: 'late' }),
    'user.not_found': ({ as }) => as.users.updateMe({ name: 'late' }),
    'user.password_wrong': ({ as }) =>
      as.auth.changePassword({ currentPassword: PASSWORD, newPassword: 'Password124' }),
    'auth.credentials_invalid': ({ email }) => app.auth.login({}, { email, password: PASSWORD }),
    'auth.refresh_invalid': ({ refreshToken }) => app.auth.refresh({}, { refreshToken }),
  };
  for (const [code, call] of Object.entries(calls)) {
    const user = await world.user();
    const { id } = await user.as.tasks.create({ title: 'early' });
    const host = await hostTransaction(t, db);
    await host('taskapp.users').where({ id: user.id }).delete();
    const waiting = codeOf(call(user, id));
    await blockedBackend(db);
    await host.commit();
    assert.equal(await waiting, code.trim());
  }
});

test('what a deleted user made in the workspace of others stays, and their lists know at once', async () => {
  const ada = await world.user();
  const bob = await world.user();
  const { workspaceId } = await ada.as.tasks.create({ title: 'own' });
  await addMember(world.db, { workspace_id: workspaceId, user_id: bob.id, role: 'MEMBER' });
  const { id } = await bob.as.tasks.create({ title: 'by bob', workspaceId });
  assert.equal((await ada.as.tasks.list()).tasks[0]?.userId, bob.id);
  await bob.as.users.removeMe({ currentPassword: PASSWORD });
  assert.deepEqual((await ada.as.tasks.list()).tasks[0], await ada.as.tasks.get({ id }));
  assert.equal((await ada.as.tasks.get({ id })).userId, null);
});

test('only administrators and the system manage accounts', async () => {
  const { app } = world;
  const { as, id } = await world.user();
  const input = { email: 'managed@example.com', name: 'M', password: PASSWORD };
  const calls = [
    () => as.users.list(),
    () => as.users.create(input),
    () => as.users.get({ id }),
    () => as.users.update({ id, role: 'ADMIN' as const }),
    () => as.users.remove({ id }),
  ];
  for (const call of calls) await refused(call(), 'auth.admin_required');
  const admin = await world.user({ role: 'ADMIN' });
  const created = await admin.as.users.create({ ...input, role: 'ADMIN' });
  assert.equal(created.role, 'ADMIN');
  await refused(admin.as.users.create({ ...input, email: 'MANAGED@example.com' }), 'user.email_taken');
  await app.auth.login({}, { email: input.email, password: PASSWORD });
  assert.deepEqual(
    await app.users.get({ actor: SYSTEM }, { id: created.id }),
    await admin.as.users.get({ id: created.id }),
  );
  await admin.as.users.remove({ id: created.id });
  for (const missing of [MISSING, 'no-id', created.id]) {
    await refused(admin.as.users.get({ id: missing }), 'user.not_found');
    await refused(admin.as.users.update({ id: missing, role: 'USER' }), 'user.not_found');
    await refused(admin.as.users.remove({ id: missing }), 'user.not_found');
  }
  await refused(app.users.me({ actor: SYSTEM as never }), 'auth.user_required');
});

test('role and lock change once, with one event each that names the administrator', async () => {
  const admin = await world.user({ role: 'ADMIN' });
  const { id } = await world.user();
  await admin.as.users.update({ id, role: 'ADMIN' });
  const same = await admin.as.users.update({ id, role: 'ADMIN', disabled: false });
  assert.equal(same.version, 2);
  const locked = await admin.as.users.update({ id, disabled: true });
  assert.deepEqual(await admin.as.users.update({ id, disabled: true }), locked);
  const both = await admin.as.users.update({ id, disabled: false, role: 'USER' });
  assert.deepEqual([both.role, both.disabledAt, both.version], ['USER', null, 4]);
  const [, ...events] = await eventsOf(world.db, id);
  assert.deepEqual(
    events.map(({ type, actor_id, changes }) => [type, actor_id, changes]),
    [
      ['user.updated', admin.id, { role: { from: 'USER', to: 'ADMIN' } }],
      ['user.updated', admin.id, { disabled: { from: false, to: true } }],
      ['user.updated', admin.id, { role: { from: 'ADMIN', to: 'USER' }, disabled: { from: true, to: false } }],
    ],
  );
});

test('accounts are listed newest first, by page and by address', async () => {
  const { app } = world;
  const admin = await world.user({ role: 'ADMIN' });
  const newest = await world.user();
  const { users, pagination } = await admin.as.users.list({ limit: 2 });
  assert.deepEqual(
    users.map(({ id }) => id),
    [newest.id, admin.id],
  );
  assert.equal(pagination.totalPages, Math.ceil(pagination.total / 2));
  const ids = new Set<string>();
  for (let page = 1; page <= pagination.totalPages; page += 1) {
    for (const { id } of (await admin.as.users.list({ limit: 2, page })).users) ids.add(id);
  }
  assert.equal(ids.size, pagination.total);
  assert.deepEqual((await admin.as.users.list({ limit: 2, page: 1_000_000 })).users, []);
  const found = await app.users.list({ actor: SYSTEM }, { email: newest.email.toUpperCase() });
  assert.deepEqual([found.users.map(({ id }) => id), found.pagination.total], [[newest.id], 1]);
});
