import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

/** Calls a server at `base`: `call('POST /tasks', { token, body })`. */
export const createCaller =
  (base: string) =>
  async (request: string, { token = '', key = '', body }: { token?: string; key?: string; body?: object } = {}) => {
    const [method = '', path = ''] = request.split(' ');
    const headers = {
      'Content-Type': 'application/json',
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(key && { 'Idempotency-Key': key }),
    };
    const response = await fetch(`${base}/api${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null };
  };
export type Call = ReturnType<typeof createCaller>;

/** Makes an account. */
export async function register(call: Call): Promise<{ token: string; refreshToken: string; email: string }> {
  const account = { email: `user-${randomUUID()}@example.com`, password: 'Password123', name: 'Ada' };
  const { status, body } = await call('POST /auth/register', { body: account });
  assert.equal(status, 201, JSON.stringify(body));
  return { token: body.accessToken, refreshToken: body.refreshToken, email: account.email };
}

/** Does a bit of everything that somebody does, and looks at every answer. */
export async function spendDay(call: Call): Promise<void> {
  const { email } = await register(call);
  const signedIn = await call('POST /auth/login', { body: { email, password: 'Password123' } });
  assert.equal(signedIn.status, 200);
  const renewed = await call('POST /auth/refresh', { body: { refreshToken: signedIn.body.refreshToken } });
  assert.equal(renewed.status, 200);
  const token = renewed.body.accessToken;
  const tag = await call('POST /tags', { token, body: { name: 'home' } });
  assert.equal(tag.status, 201);
  const tagIds = [tag.body.id];
  for (let n = 0; n < 4; n += 1) {
    const request = { token, key: `${email}-${n}`, body: { title: `task ${n}`, tagIds } };
    const [first, again] = [await call('POST /tasks', request), await call('POST /tasks', request)];
    assert.deepEqual([first.status, again.status, again.body], [201, 201, first.body]);
    const path = `/tasks/${first.body.id}`;
    const changed = await call(`PATCH ${path}`, { token, body: { status: 'DONE', tagIds: n % 2 ? [] : tagIds } });
    assert.deepEqual([changed.status, changed.body.version], [200, 2]);
    assert.deepEqual((await call(`GET ${path}`, { token })).body, changed.body);
    const { body } = await call('GET /tasks?status=DONE', { token });
    assert.deepEqual([body.pagination.total, body.tasks[0]], [n + 1, changed.body]);
  }
  const { body } = await call(`GET /tasks?tagId=${tag.body.id}`, { token });
  assert.equal(body.pagination.total, 2);
  assert.equal((await call(`DELETE /tasks/${body.tasks[0].id}`, { token })).status, 204);
  assert.equal((await call('GET /tasks', { token })).body.pagination.total, 3);
}
