import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createTaskApp } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { createWorld, PASSWORD, secrets } from '../support/world.ts';

const keys = secrets();
const { http, user, db } = await createWorld({ secrets: keys });

const newEmail = () => `${randomUUID()}@example.com`;
const shape = (body: object) => Object.keys(body).sort();

describe('POST /api/auth/register', () => {
  test('answers 201 with the account and a pair of tokens that work', async () => {
    const email = newEmail();
    const { status, body, headers } = await http
      .post('/api/auth/register')
      .send({ email, password: PASSWORD, name: ' Ada Lovelace ' });
    assert.equal(status, 201);
    assert.deepEqual(shape(body), ['accessToken', 'refreshToken', 'user']);
    assert.deepEqual(body.user, { id: body.user.id, email, name: 'Ada Lovelace', role: 'USER' });
    assert.equal(headers['cache-control'], 'no-store');
    const me = await http.get('/api/users/me').set('Authorization', `Bearer ${body.accessToken}`);
    assert.equal(me.body.id, body.user.id);
  });

  test('refuses an address that is taken, however it is written, with 409', async () => {
    const ada = await user();
    const { status, body } = await http
      .post('/api/auth/register')
      .send({ email: ada.email.toUpperCase(), password: PASSWORD, name: 'Ada' });
    assert.equal(status, 409);
    assert.deepEqual(
      { ...body, requestId: '' },
      { status: 'error', message: 'Email already registered', code: 'user.email_taken', requestId: '' },
    );
  });

  test('names everything that is wrong at once, word for word', async () => {
    const { status, body } = await http.post('/api/auth/register').send({ email: 'no', password: 'short', name: '  ' });
    assert.equal(status, 400);
    assert.equal(body.message, 'Validation failed');
    assert.equal(body.code, 'input.invalid');
    assert.deepEqual(body.errors, [
      'body.email: Invalid email address',
      'body.password: Password must be at least 8 characters',
      'body.password: Password must contain an uppercase letter',
      'body.password: Password must contain a number',
      'body.name: Name is required',
    ]);
  });
});

describe('POST /api/auth/login', () => {
  test('answers 200 with the same body as registration', async () => {
    const ada = await user();
    const { status, body } = await http.post('/api/auth/login').send({ email: ada.email, password: PASSWORD });
    assert.equal(status, 200);
    assert.deepEqual(shape(body), ['accessToken', 'refreshToken', 'user']);
    assert.equal(body.user.id, ada.id);
  });

  test('answers a wrong password and an unknown address alike', async () => {
    const ada = await user();
    const wrong = await http.post('/api/auth/login').send({ email: ada.email, password: 'Wrong1234' });
    const unknown = await http.post('/api/auth/login').send({ email: newEmail(), password: PASSWORD });
    for (const { status, body, headers } of [wrong, unknown]) {
      assert.equal(status, 401);
      assert.equal(body.message, 'Invalid email or password');
      assert.equal(body.code, 'auth.credentials_invalid');
      assert.equal(headers['www-authenticate'], 'Bearer realm="taskapp"');
    }
    const empty = await http.post('/api/auth/login').send({ email: ada.email, password: '' });
    assert.deepEqual(empty.body.errors, ['body.password: Password is required']);
  });
});

describe('POST /api/auth/refresh', () => {
  test('answers 200 with a pair and nothing else, and the pair works', async () => {
    const { refreshToken } = await user();
    const { status, body } = await http.post('/api/auth/refresh').send({ refreshToken });
    assert.equal(status, 200);
    assert.deepEqual(shape(body), ['accessToken', 'refreshToken']);
    assert.notEqual(body.refreshToken, refreshToken);
    const again = await http.post('/api/auth/refresh').send({ refreshToken: body.refreshToken });
    assert.equal(again.status, 200);
  });

  test('refuses what is no refresh token with 401', async () => {
    const { accessToken } = await user();
    for (const refreshToken of ['rubbish', accessToken]) {
      const { status, body } = await http.post('/api/auth/refresh').send({ refreshToken });
      assert.equal(status, 401);
      assert.equal(body.message, 'Invalid or expired refresh token');
    }
    const missing = await http.post('/api/auth/refresh').send({});
    assert.deepEqual(missing.body.errors, ['body.refreshToken: Refresh token is required']);
  });
});

describe('sessions', () => {
  test('logout answers 204 and ends the session of the token', async () => {
    const { bearer, refreshToken } = await user();
    const logout = await http.post('/api/auth/logout').set('Authorization', bearer);
    assert.equal(logout.status, 204);
    assert.equal(logout.text, '');
    const after = await http.get('/api/users/me').set('Authorization', bearer);
    assert.equal(after.status, 401);
    assert.equal(after.body.message, 'Invalid or expired access token');
    assert.equal((await http.post('/api/auth/refresh').send({ refreshToken })).status, 401);
  });

  test('logout takes a refresh token where the access token has expired or is missing, and may be repeated', async () => {
    const now = () => new Date(Date.now() - 3_600_000);
    const earlier = createTaskApp({ db, redis: null, secrets: keys, passwords: { cost: 4 }, now });
    atEnd(earlier.close);
    const input = { email: newEmail(), password: PASSWORD, name: 'Ada' };
    const { accessToken, refreshToken } = await earlier.auth.register({}, input);
    const logout = (body: object, bearer?: string) => {
      const request = http.post('/api/auth/logout').send(body);
      return bearer ? request.set('Authorization', bearer) : request;
    };
    const expired = `Bearer ${accessToken}`;
    assert.deepEqual((await logout({}, expired)).body.message, 'Invalid or expired access token');
    for (const bearer of [expired, undefined, 'Bearer a.b.c']) {
      assert.equal((await logout({ refreshToken }, bearer)).status, 204);
      assert.equal((await http.post('/api/auth/refresh').send({ refreshToken })).status, 401);
    }
    const { bearer } = await user();
    const rubbish = await logout({ refreshToken: 'rubbish' }, bearer);
    assert.deepEqual([rubbish.status, rubbish.body.message], [401, 'Invalid or expired refresh token']);
    const foreign = await logout({ refreshToken: (await user()).refreshToken }, bearer);
    assert.deepEqual([foreign.status, foreign.body.errors], [400, ['body.refreshToken: Belongs to another user']]);
    assert.equal((await http.get('/api/users/me').set('Authorization', bearer)).status, 200);
    assert.deepEqual((await logout({})).body.message, 'Access token required');
  });

  test('logout-all ends every session, with scope=others all but this one', async () => {
    const ada = await user();
    const login = () => http.post('/api/auth/login').send({ email: ada.email, password: PASSWORD });
    const other = `Bearer ${(await login()).body.accessToken}`;
    const others = await http.post('/api/auth/logout-all?scope=others').set('Authorization', ada.bearer);
    assert.equal(others.status, 204);
    assert.equal((await http.get('/api/users/me').set('Authorization', other)).status, 401);
    assert.equal((await http.get('/api/users/me').set('Authorization', ada.bearer)).status, 200);
    assert.equal((await http.post('/api/auth/logout-all').set('Authorization', ada.bearer)).status, 204);
    assert.equal((await http.get('/api/users/me').set('Authorization', ada.bearer)).status, 401);
  });

  test('are listed and ended one by one', async () => {
    const ada = await user();
    await http.post('/api/auth/login').set('User-Agent', 'phone').send({ email: ada.email, password: PASSWORD });
    const { status, body } = await http.get('/api/auth/sessions').set('Authorization', ada.bearer);
    assert.equal(status, 200);
    assert.equal(body.sessions.length, 2);
    const phone = body.sessions.find(({ userAgent }: { userAgent: string }) => userAgent === 'phone');
    assert.equal(phone.current, false);
    assert.match(phone.ip, /^127\.0\.0\.1$|^::1$/);
    const ended = await http.delete(`/api/auth/sessions/${phone.id}`).set('Authorization', ada.bearer);
    assert.equal(ended.status, 204);
    const again = await http.delete(`/api/auth/sessions/${phone.id}`).set('Authorization', ada.bearer);
    assert.equal(again.status, 404);
    assert.equal(again.body.message, 'Session not found');
  });
});

describe('POST /api/auth/password', () => {
  test('answers 200 with a new pair and ends all other sessions', async () => {
    const ada = await user();
    const other = await http.post('/api/auth/login').send({ email: ada.email, password: PASSWORD });
    const newPassword = 'Another1Password';
    const { status, body } = await http
      .post('/api/auth/password')
      .set('Authorization', ada.bearer)
      .send({ currentPassword: PASSWORD, newPassword });
    assert.equal(status, 200);
    assert.deepEqual(shape(body), ['accessToken', 'refreshToken']);
    const ended = await http.post('/api/auth/refresh').send({ refreshToken: other.body.refreshToken });
    assert.equal(ended.status, 401);
    const login = await http.post('/api/auth/login').send({ email: ada.email, password: newPassword });
    assert.equal(login.status, 200);
  });

  test('wants the current password', async () => {
    const ada = await user();
    const { status, body } = await http
      .post('/api/auth/password')
      .set('Authorization', ada.bearer)
      .send({ currentPassword: 'Wrong1234', newPassword: 'Another1Password' });
    assert.equal(status, 403);
    assert.equal(body.code, 'user.password_wrong');
  });
});
