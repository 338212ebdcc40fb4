import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { veto } from '@taskapp/core';
import { createHttpApp } from '@taskapp/http';
import supertest from 'supertest';
import { eventsOf, problemsOf, refused } from '../support/factories.ts';
import { createHookedWorld, note } from '../support/hooks.ts';
import { PASSWORD, SYSTEM } from '../support/world.ts';

let world: Awaited<ReturnType<typeof createHookedWorld>>;
before(async () => {
  world = await createHookedWorld();
});
beforeEach(() => world.db('notes').delete());

test('hooks run in the transaction, see what callers see, and may change what is done', async () => {
  const seen: unknown[][] = [];
  const { me, actor } = await world.hooked({
    task: {
      beforeCreate: (ctx, input) => {
        seen.push(['beforeCreate', ctx.actor, ctx.requestId, Object.isFrozen(input), input.status]);
        return { ...input, title: `${input.title}!` };
      },
      afterCreate: async (ctx, task) => {
        seen.push(['afterCreate', task.title, task.createdAt instanceof Date, task.tags[0]?.name]);
        await note(ctx, `created ${task.id}`);
        assert.equal((await world.db('taskapp.tasks').where('id', task.id)).length, 0, 'it is not committed');
      },
      beforeUpdate: (_ctx, changes, current) => {
        seen.push(['beforeUpdate', changes, current.title]);
        return { ...changes, priority: 'URGENT' };
      },
      afterUpdate: (_ctx, updated, before) => void seen.push(['afterUpdate', updated.priority, before.priority]),
      beforeRemove: (_ctx, task) => void seen.push(['beforeRemove', task.title]),
      afterRemove: async (ctx, task) => {
        seen.push(['afterRemove', task.title]);
        await note(ctx, `removed ${task.id}`);
      },
    },
    tag: {
      beforeCreate: (_ctx, input) => ({ ...input, color: '#ABCDEF' }),
      afterUpdate: (_ctx, updated, before) => void seen.push(['tag', before.name, updated.name]),
    },
  });
  const tag = await me.tags.create({ name: 'home' });
  assert.equal(tag.color, '#abcdef');
  await me.tags.update({ id: tag.id, name: 'garden' });
  const task = await me.tasks.create({ title: 'one', tagIds: [tag.id] });
  assert.equal(task.title, 'one!');
  assert.equal((await me.tasks.update({ id: task.id, description: 'x' })).priority, 'URGENT');
  await me.tasks.update({ id: task.id, description: 'x' });
  await me.tasks.remove({ id: task.id });
  assert.deepEqual(seen, [
    ['tag', 'home', 'garden'],
    ['beforeCreate', actor, 'r-1', true, 'TODO'],
    ['afterCreate', 'one!', true, 'garden'],
    ['beforeUpdate', { description: 'x' }, 'one!'],
    ['afterUpdate', 'URGENT', 'MEDIUM'],
    ['beforeUpdate', { description: 'x' }, 'one!'],
    ['beforeRemove', 'one!'],
    ['afterRemove', 'one!'],
  ]);
  assert.deepEqual(await world.notes(), [`created ${task.id}`, `removed ${task.id}`]);
  assert.deepEqual(
    (await eventsOf(world.db, task.id)).map(({ type }) => type),
    ['task.created', 'task.updated', 'task.removed'],
  );
});

test('a veto is a clear refusal on every face', async () => {
  const { app, me } = await world.hooked({
    task: {
      beforeUpdate: (_ctx, { status }) => {
        if (status === 'DONE') veto('Finish the checklist first', { code: 'checklist.open', kind: 'conflict' });
      },
      beforeRemove: () => veto('Tasks are kept'),
    },
    user: { beforeRemove: () => veto('There are unpaid invoices') },
  });
  const task = await me.tasks.create({ title: 'one' });
  await assert.rejects(me.tasks.update({ id: task.id, status: 'DONE' }), { code: 'checklist.open', kind: 'conflict' });
  assert.equal((await refused(me.tasks.remove({ id: task.id }), 'hook.vetoed')).message, 'Tasks are kept');
  assert.throws(() => veto('x', { code: 'NOPE' as never }), TypeError);

  const http = supertest(createHttpApp(app).callback());
  const register = { email: 'veto@example.com', password: PASSWORD, name: 'Ada' };
  const { body } = await http.post('/api/auth/register').send(register).expect(201);
  const asHer = <T extends supertest.Test>(call: T) => call.set('Authorization', `Bearer ${body.accessToken}`);
  const made = await asHer(http.post('/api/tasks')).send({ title: 'one' }).expect(201);
  const updated = await asHer(http.patch(`/api/tasks/${made.body.id}`))
    .send({ status: 'DONE' })
    .expect(409);
  assert.deepEqual([updated.body.code, updated.body.message], ['checklist.open', 'Finish the checklist first']);
  const removed = await asHer(http.delete(`/api/tasks/${made.body.id}`)).expect(422);
  assert.deepEqual([removed.body.code, removed.body.message], ['hook.vetoed', 'Tasks are kept']);
  const account = await asHer(http.delete('/api/users/me')).send({ currentPassword: PASSWORD }).expect(422);
  assert.equal(account.body.message, 'There are unpaid invoices');
});

test('what a hook returns is checked, and cannot make the change one of another task', async () => {
  let replacement: object = {};
  const { me } = await world.hooked({
    task: { beforeCreate: () => replacement as never, beforeUpdate: () => replacement },
  });
  replacement = { title: '', nope: 1 };
  assert.deepEqual(await problemsOf(me.tasks.create({ title: 'one' })), [
    'title: Title is required',
    'nope: Unrecognized key',
  ]);
  replacement = { title: 'one' };
  const [one, two] = [await me.tasks.create({ title: 'x' }), await me.tasks.create({ title: 'x' })];
  replacement = { id: two.id, title: 'changed' };
  assert.equal((await me.tasks.update({ id: one.id })).id, one.id);
  assert.equal((await me.tasks.get({ id: two.id })).title, 'one');
});

test('hooks change other things through the app, in the same transaction, up to a depth', async () => {
  const { me } = await world.hooked({
    task: {
      afterCreate: async ({ app, actor }, task) => {
        const { tasks } = app.as(actor as never);
        if (task.title === 'endless' || task.title === 'parent') {
          const title = task.title === 'parent' ? 'child' : 'endless';
          await tasks.create({ title, workspaceId: task.workspaceId });
        }
        if (task.title === 'child')
          await assert.rejects(tasks.get({ id: task.workspaceId }), { code: 'task.not_found' });
      },
    },
  });
  await me.tasks.create({ title: 'parent' });
  assert.deepEqual((await me.tasks.list()).tasks.map(({ title }) => title).sort(), ['child', 'parent']);
  await assert.rejects(
    me.tasks.create({ title: 'endless' }),
    /hooks\.task\.afterCreate: hooks call each other more than 8 deep/,
  );
  assert.equal((await me.tasks.list()).pagination.total, 2);
});

test('accounts have hooks where they are made and deleted, and hooks of everything else stay out of it', async () => {
  const seen: unknown[] = [];
  const { app, me } = await world.hooked({
    user: {
      afterCreate: async (ctx, user) => {
        seen.push([ctx.actor?.kind ?? null, user.email]);
        await note(ctx, user.id);
        assert.equal('passwordHash' in user, false);
      },
      beforeRemove: (_ctx, user) => void seen.push(['removed', user.email]),
    },
    task: { beforeRemove: () => veto('not by cascade') },
  });
  const account = { email: 'hook@example.com', password: PASSWORD, name: 'Ada' };
  const { user } = await app.auth.register({}, account);
  const other = await app.users.create({ actor: SYSTEM }, { ...account, email: 'other@example.com' });
  assert.deepEqual(await world.notes(), [user.id, other.id]);
  await app.as({ kind: 'user', userId: user.id, role: 'USER' }).tasks.create({ title: 'one' });
  await app.users.remove({ actor: SYSTEM }, { id: user.id });
  assert.deepEqual(seen, [
    [null, account.email],
    ['system', other.email],
    ['removed', account.email],
  ]);
  await refused(app.users.get({ actor: SYSTEM }, { id: user.id }), 'user.not_found');
  await me.tasks.list();
});
