import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { type NamedOperation, operations } from '@taskapp/core';
import { createWorld, secrets } from '../support/world.ts';

const { http, user } = await createWorld();

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A request to an operation, its path parameters filled in with ids that lead nowhere. */
function request({ http: address }: NamedOperation) {
  const [method = '', path = ''] = address.split(' ');
  return http[method.toLowerCase() as Verb](`/api${path.replace(/:\w+/g, () => randomUUID())}`);
}

const closed = operations.filter(({ access }) => access !== 'public');
const INVALID = 'Bearer realm="taskapp", error="invalid_token"';

for (const operation of closed) {
  describe(operation.id, () => {
    test('asks for a token', async () => {
      const { status, body, headers } = await request(operation);
      assert.deepEqual([status, body.message, body.code], [401, 'Access token required', 'auth.token_required']);
      assert.equal(headers['www-authenticate'], 'Bearer realm="taskapp"');
      assert.equal(headers['cache-control'], 'no-store');
    });

    test('refuses a token that is no good', async () => {
      const { status, body, headers } = await request(operation).set('Authorization', 'Bearer a.b.c');
      assert.deepEqual(
        [status, body.message, body.code],
        [401, 'Invalid or expired access token', 'auth.token_invalid'],
      );
      assert.equal(headers['www-authenticate'], INVALID);
    });

    // Another proof may be in the body.
    if (operation.access === 'optional') return;

    test('looks at nothing else before the token', async () => {
      const { status } = await request(operation).set('Content-Type', 'text/plain').send('{');
      assert.equal(status, 401);
    });
  });
}

for (const operation of operations.filter(({ access }) => access === 'admin')) {
  test(`${operation.id} is for administrators`, async () => {
    const { bearer } = await user();
    const { status, body } = await request(operation).set('Authorization', bearer);
    assert.deepEqual([status, body.message, body.code], [403, 'Administrators only', 'auth.admin_required']);
  });
}

describe('the Authorization header', () => {
  const me = (value: string | string[]) => http.get('/api/users/me').set('Authorization', value as string);

  test('is read by its grammar, whatever the case of its scheme', async () => {
    const { accessToken } = await user();
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      assert.equal((await me(`${scheme} ${accessToken}`)).status, 200, scheme);
    }
    for (const value of ['Bearer', 'Bearer ', `Bearer ${accessToken},x`, `Bearer ${accessToken} x`, 'Bearer "x"']) {
      const { status, body, headers } = await me(value);
      assert.deepEqual([status, body.code, headers['www-authenticate']], [401, 'auth.token_invalid', INVALID], value);
    }
  });

  test('of another scheme is no token', async () => {
    const { accessToken } = await user();
    for (const value of ['Basic YTpi', accessToken, `Token ${accessToken}`]) {
      assert.equal((await me(value)).body.code, 'auth.token_required', value);
    }
  });

  test('sent twice is refused, even if one of them is good', async () => {
    const { bearer } = await user();
    for (const pair of [
      [bearer, bearer],
      [bearer, 'Bearer x'],
    ]) {
      const { status, body } = await me(pair);
      assert.deepEqual([status, body.code], [401, 'auth.token_invalid']);
    }
  });

  test('does not reach public operations', async () => {
    const { email, password } = await user();
    const { status } = await http.post('/api/auth/login').set('Authorization', 'Bearer x').send({ email, password });
    assert.equal(status, 200);
  });

  test('is not accepted from another server’s secrets, nor from a query', async () => {
    const other = await createWorld({ secrets: secrets() });
    const { bearer } = await other.user();
    assert.equal((await me(bearer)).status, 401);
    const { accessToken } = await user();
    assert.equal((await http.get(`/api/users/me?access_token=${accessToken}`)).body.code, 'auth.token_required');
  });
});

describe('a request that fits no operation', () => {
  test('gets 404 for an unknown path, in the one error shape', async () => {
    for (const path of ['/', '/api', '/api/nope', '/api/tasks/a/b', '//api/tasks', '/tasks', '/%2e%2e/api/tasks']) {
      const { status, body, headers } = await http.get(path);
      assert.equal(status, 404, path);
      assert.deepEqual(body, {
        status: 'error',
        message: 'Route not found',
        code: 'http.route_not_found',
        requestId: headers['x-request-id'],
      });
    }
  });

  test('gets 405 with Allow for an unknown method of a known path', async () => {
    const { status, body, headers } = await http.put('/api/tasks');
    assert.deepEqual([status, body.message, body.code], [405, 'Method not allowed', 'http.method_not_allowed']);
    assert.deepEqual(headers.allow?.split(', ').sort(), ['GET', 'HEAD', 'OPTIONS', 'POST']);
    assert.equal((await http.trace('/api/tasks')).status, 405);
    const options = await http.options('/api/tasks/x');
    assert.deepEqual([options.status, options.headers.allow?.includes('PATCH')], [204, true]);
  });

  test('HEAD works wherever GET does', async () => {
    const { bearer } = await user();
    const { status, headers, text } = await http.head('/api/tasks').set('Authorization', bearer);
    assert.deepEqual([status, text], [200, undefined]);
    assert.ok(Number(headers['content-length']) > 0);
  });
});

describe('a query', () => {
  const cases: [query: string, error: string][] = [
    ['page=1&page=2', 'query.page: Given more than once'],
    ['page[]=1', 'query.page[]: Unrecognized key'],
    ['status[$ne]=DONE', 'query.status[$ne]: Unrecognized key'],
    ['__proto__=1', 'query.__proto__: Unrecognized key'],
    ['constructor=1', 'query.constructor: Unrecognized key'],
    ['toString=1', 'query.toString: Unrecognized key'],
    ['id=1', 'query.id: Unrecognized key'],
  ];
  for (const [query, error] of cases) {
    test(`?${query} is refused by name`, async () => {
      const { bearer } = await user();
      const { status, body } = await http.get(`/api/tasks?${query}`).set('Authorization', bearer);
      assert.deepEqual([status, body.code, body.errors], [400, 'input.invalid', [error]]);
    });
  }

  test('has numbers and truth values in one spelling', async () => {
    const { bearer } = await user();
    for (const query of ['page=1e1', 'page=0x1', 'page=+1', 'page=01', 'page=', 'page=1.0', 'count=1', 'count=TRUE']) {
      const { status, body } = await http.get(`/api/tasks?${query}`).set('Authorization', bearer);
      assert.deepEqual([status, body.errors.length], [400, 1], query);
    }
  });

  test('is UTF-8, percent-encoded', async () => {
    const { bearer } = await user();
    for (const query of ['status=%', 'status=%E0%A4%A', 'cursor=%c0%af']) {
      const { status, body } = await http.get(`/api/tasks?${query}`).set('Authorization', bearer);
      assert.deepEqual([status, body.code], [400, 'http.malformed_url'], query);
    }
  });

  test('of an operation with a body is what the contract says, no more', async () => {
    const { bearer } = await user();
    const post = await http.post('/api/tasks?title=x&x=1').set('Authorization', bearer).send({ title: 'y' });
    assert.deepEqual(post.body.errors, ['query.title: Unrecognized key', 'query.x: Unrecognized key']);
    const inBody = await http.post('/api/auth/logout-all').set('Authorization', bearer).send({ scope: 'others' });
    assert.deepEqual(inBody.body.errors, ['body.scope: Unrecognized key']);
    const wrong = await http.post('/api/auth/logout-all?scope=none').set('Authorization', bearer);
    assert.match(wrong.body.errors[0], /^query\.scope: /);
  });
});
