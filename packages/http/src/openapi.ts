import { type Access, type NamedOperation, operations } from '@taskapp/core';
import {
  type CreateDocumentOptions,
  createDocument,
  type oas31,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
} from 'zod-openapi';
import { type Address, addressOf } from './input.ts';
import { components, limitHeaders, reference } from './openapi-components.ts';
import { errorResponses } from './openapi-errors.ts';
import { addExamples } from './openapi-examples.ts';
import { describeHosted } from './openapi-hosted.ts';
import { describeApi } from './openapi-info.ts';
import { describeRequest } from './openapi-request.ts';
import { servicePaths } from './openapi-service.ts';
import { hasVersion } from './preconditions.ts';
import type { ServedApp } from './routes.ts';

/**
 * Derives the OpenAPI 3.1 document from the operations that the routes are derived from: those of `app`, by default all.
 * How one signs in to an app whose accounts are its host's, the host has to say.
 */
export function createOpenApi(app?: ServedApp): oas31.OpenAPIObject {
  const offered = app?.operations ?? operations;
  const isHosted = offered.length < operations.length;
  const document = addExamples(createDocument(describe(offered, isHosted), { override: describeForClients }));
  return isHosted ? describeHosted(document) : document;
}

function describe(operations: readonly NamedOperation[], isHosted: boolean): ZodOpenApiObject {
  return {
    openapi: '3.1.0',
    info: describeApi(isHosted),
    // Relative to where the document is served, so it is right below any prefix.
    servers: [{ url: './', description: 'The server that this document comes from' }],
    tags: [...listFeatures(operations), 'service'].map((name) => ({ name })),
    paths: { ...createPaths(operations), ...servicePaths },
    components: {
      ...components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token' },
      },
    },
  };
}

/** Those for everybody come first, in their order, and then those with operations for administrators. */
function listFeatures(operations: readonly NamedOperation[]): string[] {
  const forAdmins = new Set(operations.filter(({ access }) => access === 'admin').map(({ feature }) => feature));
  const features = [...new Set(operations.map(({ feature }) => feature))];
  return [...features.filter((name) => !forAdmins.has(name)), ...forAdmins];
}

function createPaths(operations: readonly NamedOperation[]) {
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
    ...describeAtLength(operation),
    security: SECURITY[access] ?? [{ bearer: [] }],
    'x-authz': access,
    'x-rate-limit': operation.limit ?? (access === 'public' ? 'ip' : 'user'),
    ...describeRequest(operation, address),
    responses: { ...describeSuccess(operation), ...errorResponses(operation, address) },
  };
}

/** Pages show who may call an operation only where a description says so. */
function describeAtLength({ access, description = '' }: NamedOperation) {
  const text = `${access === 'admin' ? 'For administrators. ' : ''}${description}`.trim();
  return text === '' ? {} : { description: text };
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
