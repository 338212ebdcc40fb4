import { readFileSync } from 'node:fs';
import { type Access, fieldsOf, type NamedOperation, operations } from '@taskapp/core';
import * as z from 'zod';
import { type CreateDocumentOptions, createDocument, type oas31, type ZodOpenApiOperationObject } from 'zod-openapi';
import { type Address, addressOf } from './input.ts';
import { components, limitHeaders, reference } from './openapi-components.ts';
import { errorResponses, isKeyed, isVersioned } from './openapi-errors.ts';
import { servicePaths } from './openapi-service.ts';
import { hasVersion } from './preconditions.ts';

const DESCRIPTION = `Accounts, tasks and tags over HTTP.

Sign in for an access token and send it as \`Authorization: Bearer <token>\`. Bodies are JSON in UTF-8; unknown fields
are refused. Every error has the shape of the schema \`Error\`, or of \`Problem\` for callers that prefer \`application/problem+json\`;
its \`code\` never changes its meaning.`;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Derives the OpenAPI 3.1 document from the operations that the routes are derived from. */
export function createOpenApi(): oas31.OpenAPIObject {
  const features = [...new Set(operations.map(({ feature }) => feature))];
  return createDocument(
    {
      openapi: '3.1.0',
      info: { title: 'Task app', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
      // Relative to where the document is served, so it is right below any prefix.
      servers: [{ url: './', description: 'The server that this document comes from' }],
      tags: [...features, 'service'].map((name) => ({ name })),
      paths: { ...createPaths(), ...servicePaths },
      components: {
        ...components,
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token' },
        },
      },
    },
    { override: describeForClients },
  );
}

function createPaths() {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const operation of operations) {
    const address = addressOf(operation);
    const path = address.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [address.method.toLowerCase()]: describeOperation(operation, address) };
  }
  return paths;
}

/** Any of them will do; the empty one stands for no token. */
const SECURITY: { [A in Access]?: Record<string, []>[] } = { public: [], optional: [{ bearer: [] }, {}] };

function describeOperation(operation: NamedOperation, address: Address): ZodOpenApiOperationObject {
  const { access } = operation;
  return {
    operationId: operation.id,
    tags: [operation.feature],
    summary: operation.summary,
    ...(operation.description && { description: operation.description }),
    security: SECURITY[access] ?? [{ bearer: [] }],
    'x-authz': access,
    'x-rate-limit': operation.limit ?? (access === 'public' ? 'ip' : 'user'),
    ...describeRequest(operation, address),
    responses: { ...describeSuccess(operation), ...errorResponses(operation, address) },
  };
}

function describeRequest(operation: NamedOperation, { placeOf }: Address) {
  const { input } = operation;
  const part = (place: 'params' | 'query' | 'body') => {
    const names = Object.keys(input.shape).filter((name) => placeOf(name) === place);
    return names.length > 0
      ? input.pick(Object.fromEntries(names.map((name) => [name, true])) as Record<string, true>)
      : undefined;
  };
  const [path, query, body] = [part('params'), part('query'), part('body')];
  const needsBody = body !== undefined && fieldsOf(body).required.length > 0;
  return {
    requestParams: { ...(path && { path }), ...(query && { query }), ...describeConditions(operation) },
    ...(body && { requestBody: { required: needsBody, content: { 'application/json': { schema: body } } } }),
  };
}

const idempotencyKey = z.string().max(255).optional().describe('Repeated within a day, the call is answered as before');
const ifMatch = z.string().optional().describe('The ETag that the resource must still have');

function describeConditions(operation: NamedOperation) {
  const headers = {
    ...(isKeyed(operation) && { 'Idempotency-Key': idempotencyKey }),
    ...(isVersioned(operation) && { 'If-Match': ifMatch }),
  };
  return Object.keys(headers).length > 0 ? { header: z.object(headers) } : {};
}

function describeSuccess({ http, output, status, summary }: NamedOperation) {
  const code = status ?? (output ? 200 : 204);
  const tagged = output && (http.startsWith('GET ') || hasVersion(output));
  const headers = { ...limitHeaders, ...(tagged && { ETag: reference('ETag') }) };
  return {
    [code]: { description: summary, headers, ...(output && { content: { 'application/json': { schema: output } } }) },
  };
}

type Override = Extract<NonNullable<CreateDocumentOptions['override']>, (...args: never[]) => unknown>;

/** What JSON makes of a value, without what only validators care about. */
const describeForClients: Override = ({ zodSchema, jsonSchema, io }) => {
  if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
  if (jsonSchema.format === 'uuid') delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // Answers may grow; a client that refuses fields it does not know would break.
  if (io === 'output') delete jsonSchema.additionalProperties;
};
