import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createWorld, PASSWORD } from '../support/world.ts';

const { http, user } = await createWorld();

describe('/api/tags', () => {
  test('are made, listed with their tasks, changed and deleted', async () => {
    const { bearer } = await user();
    const made = await http.post('/api/tags').set('Authorization', bearer).send({ name: 'Home' });
    assert.equal(made.status, 201);
    const { id } = made.body;
    assert.deepEqual(
      [made.body.name, made.body.color, made.body.taskCount, made.body.version],
      ['Home', '#2563eb', 0, 1],
    );
    await http
      .post('/api/tasks')
      .set('Authorization', bearer)
      .send({ title: 'x', tagIds: [id] });
    const list = await http.get('/api/tags').set('Authorization', bearer);
    assert.equal(list.status, 200);
    assert.deepEqual([list.body.tags.length, list.body.tags[0].taskCount], [1, 1]);
    const changed = await http.patch(`/api/tags/${id}`).set('Authorization', bearer).send({ color: '#ff0000' });
    assert.deepEqual([changed.status, changed.body.color, changed.body.name], [200, '#ff0000', 'Home']);
    assert.equal((await http.get(`/api/tags/${id}`).set('Authorization', bearer)).body.color, '#ff0000');
    assert.equal((await http.delete(`/api/tags/${id}`).set('Authorization', bearer)).status, 204);
    assert.deepEqual((await http.get('/api/tasks').set('Authorization', bearer)).body.tasks[0].tags, []);
  });

  test('a name is taken whatever its case, a colour is a colour, others’ tags are out of reach', async () => {
    const [ada, eve] = [await user(), await user()];
    const { id } = (await http.post('/api/tags').set('Authorization', ada.bearer).send({ name: 'Home' })).body;
    const taken = await http.post('/api/tags').set('Authorization', ada.bearer).send({ name: 'HOME' });
    assert.deepEqual([taken.status, taken.body.message], [409, 'Tag already exists']);
    const bad = await http.post('/api/tags').set('Authorization', ada.bearer).send({ name: 'b', color: 'red' });
    assert.deepEqual(bad.body.errors, ['body.color: Must be a colour like #2563eb']);
    assert.equal((await http.post('/api/tags').set('Authorization', eve.bearer).send({ name: 'Home' })).status, 201);
    assert.equal((await http.get(`/api/tags/${id}`).set('Authorization', eve.bearer)).status, 403);
    const absent = await http.get(`/api/tags/${randomUUID()}`).set('Authorization', eve.bearer);
    assert.deepEqual([absent.status, absent.body.message], [404, 'Tag not found']);
  });
});

describe('/api/users/me', () => {
  test('is read, changed and deleted by its owner', async () => {
    const ada = await user();
    const me = await http.get('/api/users/me').set('Authorization', ada.bearer);
    assert.deepEqual([me.status, me.body.email, me.body.role, me.body.disabledAt], [200, ada.email, 'USER', null]);
    const renamed = await http.patch('/api/users/me').set('Authorization', ada.bearer).send({ name: 'Countess' });
    assert.deepEqual([renamed.status, renamed.body.name], [200, 'Countess']);
    const email = `${randomUUID()}@example.com`;
    const unproven = await http.patch('/api/users/me').set('Authorization', ada.bearer).send({ email });
    assert.ok([400, 403].includes(unproven.status), 'a new address needs the password');
    const moved = await http
      .patch('/api/users/me')
      .set('Authorization', ada.bearer)
      .send({ email, currentPassword: PASSWORD });
    assert.deepEqual([moved.status, moved.body.email], [200, email]);
    const gone = await http
      .delete('/api/users/me')
      .set('Authorization', ada.bearer)
      .send({ currentPassword: PASSWORD });
    assert.equal(gone.status, 204);
    assert.equal((await http.post('/api/auth/login').send({ email, password: PASSWORD })).status, 401);
  });

  test('is not deleted without the password', async () => {
    const { bearer } = await user();
    const { status, body } = await http.delete('/api/users/me').set('Authorization', bearer);
    assert.deepEqual([status, body.errors], [400, ['body.currentPassword: Password is required']]);
  });

  test('takes no role and nothing else it does not know', async () => {
    const { bearer } = await user();
    const { status, body } = await http
      .patch('/api/users/me')
      .set('Authorization', bearer)
      .send({ role: 'ADMIN', userId: randomUUID(), version: 7 });
    assert.equal(status, 400);
    assert.deepEqual(
      [...body.errors].sort(),
      ['body.role: Unrecognized key', 'body.userId: Unrecognized key', 'body.version: Unrecognized key'].sort(),
    );
  });
});

describe('/api/users', () => {
  test('are for administrators', async () => {
    const [ada, admin] = [await user(), await user({ role: 'ADMIN' })];
    const refused = await http.get('/api/users').set('Authorization', ada.bearer);
    assert.deepEqual([refused.status, refused.body.code], [403, 'auth.admin_required']);
    const list = await http.get('/api/users?limit=1').set('Authorization', admin.bearer);
    assert.equal(list.status, 200);
    assert.deepEqual(Object.keys(list.body), ['users', 'pagination']);
    assert.deepEqual(Object.keys(list.body.pagination), ['page', 'limit', 'total', 'totalPages']);
    assert.equal(list.body.users.length, 1);
    const found = await http.get(`/api/users/${ada.id}`).set('Authorization', admin.bearer);
    assert.deepEqual([found.status, found.body.email], [200, ada.email]);
  });

  test('an administrator changes roles, locks, makes and deletes accounts, at once effective', async () => {
    const [ada, admin] = [await user(), await user({ role: 'ADMIN' })];
    const email = `${randomUUID()}@example.com`;
    const made = await http
      .post('/api/users')
      .set('Authorization', admin.bearer)
      .send({ email, name: 'Bob', password: PASSWORD, role: 'ADMIN' });
    assert.deepEqual([made.status, made.body.role], [201, 'ADMIN']);
    const raised = await http.patch(`/api/users/${ada.id}`).set('Authorization', admin.bearer).send({ role: 'ADMIN' });
    assert.deepEqual([raised.status, raised.body.role], [200, 'ADMIN']);
    assert.equal((await http.get('/api/users').set('Authorization', ada.bearer)).status, 200);
    const locked = await http.patch(`/api/users/${ada.id}`).set('Authorization', admin.bearer).send({ disabled: true });
    assert.notEqual(locked.body.disabledAt, null);
    assert.equal((await http.get('/api/users/me').set('Authorization', ada.bearer)).status, 401);
    assert.equal((await http.delete(`/api/users/${made.body.id}`).set('Authorization', admin.bearer)).status, 204);
    const absent = await http.get(`/api/users/${made.body.id}`).set('Authorization', admin.bearer);
    assert.deepEqual([absent.status, absent.body.message], [404, 'User not found']);
  });
});
