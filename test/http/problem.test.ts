import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHttpApp, createOpenApi } from '@taskapp/http';
import supertest from 'supertest';
import { createWorld } from '../support/world.ts';

const { app, http } = await createWorld();
const PROBLEM = 'application/problem+json';
const register = (agent: typeof http, accept: string) =>
  agent.post('/api/auth/register').set({ Accept: accept, 'X-Request-Id': 'abc' }).send({ email: 'x' });

describe('a caller that prefers application/problem+json', () => {
  test('gets every error as RFC 9457 has it', async () => {
    const { status, body, headers } = await register(http, PROBLEM);
    const errors = [
      'body.email: Invalid email address',
      'body.password: Password is required',
      'body.name: Name is required',
    ];
    assert.deepEqual([status, headers['content-type']], [400, PROBLEM]);
    assert.deepEqual(body, {
      type: 'urn:taskapp:input.invalid',
      title: 'Validation failed',
      status: 400,
      detail: errors.join('; '),
      instance: 'abc',
      errors,
      code: 'input.invalid',
    });
    const missing = await http.get('/nope').set({ Accept: PROBLEM, 'X-Request-Id': 'abc' });
    assert.deepEqual([missing.status, missing.headers['content-type']], [404, PROBLEM]);
    assert.deepEqual(missing.body, {
      type: 'urn:taskapp:http.route_not_found',
      title: 'Route not found',
      status: 404,
      detail: 'Route not found',
      instance: 'abc',
      code: 'http.route_not_found',
    });
  });

  test('gets it from each place that refuses, with the headers of the refusal', async () => {
    const busy = supertest(createHttpApp(app, { maxInFlight: 0 }).callback());
    const ask = (agent: typeof http, method: 'get' | 'put', path: string) => agent[method](path).set('Accept', PROBLEM);
    const cases = [
      [await ask(http, 'get', '/api/tasks'), 401, 'auth.token_required', 'www-authenticate'],
      [await ask(http, 'put', '/api/tasks'), 405, 'http.method_not_allowed', 'allow'],
      [await ask(http, 'get', `/${'x'.repeat(5000)}`), 414, 'http.uri_too_long', 'x-request-id'],
      [await ask(busy, 'get', '/api/tasks'), 503, 'http.overloaded', 'retry-after'],
    ] as const;
    for (const [{ status, body, headers }, expected, code, header] of cases) {
      assert.deepEqual([status, headers['content-type'], body.status, body.code], [expected, PROBLEM, expected, code]);
      assert.ok(headers[header], header);
      assert.match(headers.vary ?? '', /\bAccept\b(?!-)/);
    }
  });

  test('gets successes as JSON', async () => {
    const { status, headers } = await http.get('/livez').set('Accept', PROBLEM);
    assert.deepEqual([status, headers['content-type']], [200, 'application/json; charset=utf-8']);
  });
});

describe('the preference', () => {
  const cases: [accept: string, isProblem: boolean][] = [
    [PROBLEM, true],
    ['APPLICATION/Problem+JSON', true],
    [`${PROBLEM}, application/json;q=0.9`, true],
    [`application/json;q=0.5, ${PROBLEM};q=0.6`, true],
    [`${PROBLEM}, */*;q=0.1`, true],
    [`application/json, ${PROBLEM}`, false],
    [`${PROBLEM};q=0.9, application/json`, false],
    [`${PROBLEM};q=0, */*`, false],
    [`${PROBLEM}x`, false],
    ['application/json', false],
    ['application/*', false],
    ['*/*', false],
    ['text/html', false],
    [';;,', false],
  ];
  for (const [accept, isProblem] of cases) {
    test(`${accept} asks for ${isProblem ? 'a problem' : 'the usual shape'}`, async () => {
      const { status, body, headers } = await register(http, accept);
      assert.deepEqual([status, headers['content-type']?.startsWith(PROBLEM)], [400, isProblem]);
      assert.deepEqual(['type' in body, 'message' in body], [isProblem, !isProblem]);
    });
  }
});

test('the description has it beside the usual shape of every error', () => {
  const { paths = {}, components = {} } = JSON.parse(JSON.stringify(createOpenApi()));
  type Response = { content: Record<string, { schema: object }> };
  const inline = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods as Record<string, { responses: Record<string, Response & { $ref?: string }> }>).flatMap(
      ({ responses }) =>
        Object.entries(responses).flatMap(([status, response]) =>
          path.startsWith('/api/') && Number(status) >= 400 && !response.$ref ? [response] : [],
        ),
    ),
  );
  const all = [...inline, ...Object.values(components.responses as Record<string, Response>)];
  assert.ok(all.length > 20);
  for (const { content } of all) {
    assert.deepEqual(content[PROBLEM]?.schema, { $ref: '#/components/schemas/Problem' });
    assert.deepEqual(content['application/json']?.schema, { $ref: '#/components/schemas/Error' });
  }
  assert.deepEqual(components.schemas.Problem.required, ['type', 'title', 'status', 'detail', 'instance', 'code']);
});
