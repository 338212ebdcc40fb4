import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ERRORS, fieldsOf, operations } from '@taskapp/core';
import { createOpenApi, httpErrors, toHttpError } from '@taskapp/http';
import * as z from 'zod';
import { createWorld } from '../support/world.ts';

const { http, user } = await createWorld();

type Example = Readonly<Record<string, { readonly example: unknown }>>;

interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: string[];
  readonly security: object[];
  readonly parameters?: { name: string; in: string; required?: boolean; description?: string }[];
  readonly description: string;
  readonly requestBody?: {
    required: boolean;
    content: Record<string, { schema: { properties: object }; example: object }>;
  };
  readonly responses: Record<string, { $ref?: string; description: string; headers: object; content?: Example }>;
  readonly 'x-authz': string;
  readonly 'x-rate-limit': string;
}
interface Schema {
  readonly description?: string;
  readonly properties?: Record<string, Schema>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Described>>;
  readonly components: { schemas: Record<string, Schema>; responses: Described['responses'] };
}

const document = JSON.parse(JSON.stringify(createOpenApi())) as Document;

function describedAs(address: string): Described {
  const [method = '', path = ''] = address.split(' ');
  const found = document.paths[`/api${path.replace(/:(\w+)/g, '{$1}')}`]?.[method.toLowerCase()];
  assert.ok(found, `${address} is not described`);
  return found;
}

const textOf = (response: Described['responses'][string]) =>
  (document.components.responses[response.$ref?.split('/').at(-1) ?? ''] ?? response).description;

const SAMPLE_ID = '0198c7a2-6f3e-7c41-9b1d-5f1c2a7e4d90';
const TOKEN = [{ bearer: [] }];
const SECURITY = { public: [], optional: [...TOKEN, {}], user: TOKEN, self: TOKEN, admin: TOKEN };

for (const operation of operations) {
  describe(operation.id, () => {
    const described = describedAs(operation.http);

    test('is described with its name, access and success', () => {
      assert.deepEqual([described.operationId, described.tags], [operation.id, [operation.feature]]);
      assert.equal(described.summary, operation.summary);
      assert.equal(described['x-authz'], operation.access);
      assert.deepEqual(described.security, SECURITY[operation.access]);
      assert.ok(described.responses[operation.status ?? (operation.output ? 200 : 204)]);
    });

    test('has every field of its input in exactly one place', () => {
      const inBody = described.requestBody?.content['application/json']?.schema.properties ?? {};
      const elsewhere = (described.parameters ?? []).filter((parameter) => parameter.in !== 'header');
      const places = [...elsewhere.map(({ name }) => name), ...Object.keys(inBody)];
      assert.deepEqual(places.sort(), Object.keys(fieldsOf(operation.input).fields).sort());
      for (const { name, required } of elsewhere.filter((parameter) => parameter.in === 'path')) {
        assert.deepEqual([operation.http.includes(`:${name}`), required], [true, true]);
      }
    });

    test('says what it needs, and shows what is sent and answered', () => {
      assert.match(described.description, new RegExp(`\\blimit \`${described['x-rate-limit']}\``));
      assert.match(described.description, operation.access === 'admin' ? /administrator/ : /token/);
      const sent = described.requestBody?.content['application/json']?.example ?? {};
      const addressed = Object.fromEntries((operation.http.match(/(?<=:)\w+/g) ?? []).map((name) => [name, SAMPLE_ID]));
      const { success, error } = operation.input.safeParse({ ...sent, ...addressed });
      assert.ok(success, error?.message);
      assert.equal(described.requestBody === undefined, Object.keys(sent).length === 0);
      const answered = described.responses[operation.status ?? 200]?.content?.['application/json']?.example;
      const shape = operation.output instanceof z.ZodObject ? Object.keys(operation.output.shape) : [];
      assert.deepEqual(Object.keys(answered ?? {}), shape);
    });

    test('lists every error that its contract and the transport can answer', () => {
      const general = [
        'input.invalid',
        'rate_limit.exceeded',
        'internal.error',
        'database.unavailable',
        ...(operation.access === 'public' ? [] : ['auth.token_required', 'auth.token_invalid']),
        ...(operation.access === 'admin' ? ['auth.admin_required'] : []),
        ...(operation.http.startsWith('GET') ? [] : ['http.body_too_large', 'http.unsupported_media_type']),
      ];
      const all = Object.entries(described.responses).map(([status, response]) => [status, textOf(response)] as const);
      for (const code of [...general, ...(operation.errors ?? []).map((spec) => spec.code)]) {
        const spec = ERRORS.find((error) => error.code === code);
        const http = Object.values(httpErrors).find((error) => error.code === code);
        const status = spec ? toHttpError(spec).status : http?.status;
        assert.ok(
          all.some(([at, text]) => at === `${status}` && text.includes(`\`${code}\``)),
          `${status} ${code}`,
        );
      }
      assert.ok(document.components.responses.TooManyRequests?.headers);
    });
  });
}

describe('the document', () => {
  test('is OpenAPI 3.1 and what docs/openapi.json holds', async () => {
    assert.equal(document.openapi, '3.1.0');
    const stored = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));
    assert.deepEqual(stored, document, 'run `npm run docs`');
  });

  test('is served at /openapi.json', async () => {
    const { status, body } = await http.get('/openapi.json');
    assert.equal(status, 200);
    assert.deepEqual(body, document);
  });

  test('has no reference that leads nowhere', () => {
    const text = JSON.stringify(document);
    for (const [, path = ''] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = path.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
      assert.ok(found, path);
    }
  });

  test('promises dates as strings, and keeps answers open for new fields', () => {
    const task = document.components.schemas.Task;
    assert.deepEqual(task?.properties?.createdAt, { type: 'string', format: 'date-time' });
    assert.ok(task && !('additionalProperties' in task));
  });

  test('names every code that docs/errors.md lists, once', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const codes = [...ERRORS.map(({ code }) => code as string), ...Object.values(httpErrors).map(({ code }) => code)];
    assert.equal(new Set(codes).size, codes.length);
    for (const code of codes) assert.ok(page.includes(`| \`${code}\` |`), `${code}: run \`npm run docs\``);
  });

  test('says what answers look like: a task has the fields of its schema and no others', async () => {
    const { bearer } = await user();
    const { body } = await http.post('/api/tasks').set('Authorization', bearer).send({ title: 'x' });
    const { properties } = document.components.schemas.Task ?? {};
    assert.deepEqual(Object.keys(body).sort(), Object.keys(properties ?? {}).sort());
  });
});
