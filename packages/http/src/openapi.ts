import { type Access, FEATURES, type NamedOperation, operations } from '@taskapp/core';
import { createDocument, type oas31, type ZodOpenApiObject, type ZodOpenApiOperationObject } from 'zod-openapi';
import { type Address, addressOf } from './input.ts';
import { components, limitHeaders, reference } from './openapi-components.ts';
import { errorResponses } from './openapi-errors.ts';
import { addExamples, withoutUnused } from './openapi-examples.ts';
import { describeHosted } from './openapi-hosted.ts';
import { describeApi } from './openapi-info.ts';
import { limitOf, proseOf } from './openapi-prose.ts';
import { describeRequest } from './openapi-request.ts';
import { describeForClients } from './openapi-schemas.ts';
import { servicePaths } from './openapi-service.ts';
import { hasVersion } from './preconditions.ts';
import type { ServedApp } from './routes.ts';

const SERVER = {
  // Relative to where the document is served, so it is right below any prefix.
  url: '.',
  description: 'The server that this document comes from, be it production, staging or local',
  'x-internal': false,
};
const SERVICE = { name: 'service', description: 'For balancers and monitors' };
const TOKEN = 'An access token: a JWT that is verified the way RFC8725 asks for';

/**
 * Derives the OpenAPI 3.1 document from the operations that the routes are derived from: those of `app`, by default all.
 * How one signs in to an app whose accounts are its host's, the host has to say.
 */
export function createOpenApi(app?: ServedApp): oas31.OpenAPIObject {
  const offered = app?.operations ?? operations;
  const isHosted = offered.length < operations.length;
  const document = createDocument(describe(offered, isHosted), { override: describeForClients });
  addExamples(document);
  return withoutUnused(isHosted ? describeHosted(document) : document);
}

function describe(operations: readonly NamedOperation[], isHosted: boolean): ZodOpenApiObject {
  return {
    openapi: '3.1.0',
    info: describeApi(isHosted),
    servers: [SERVER],
    tags: [...listFeatures(operations).map((name) => ({ name, description: FEATURES[name] })), SERVICE],
    paths: { ...createPaths(operations), ...servicePaths },
    components: {
      ...components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: TOKEN },
      },
    },
  };
}

/** Those for everybody come first, in their order, and then those with operations for administrators. */
function listFeatures(operations: readonly NamedOperation[]): NamedOperation['feature'][] {
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
    description: proseOf(operation),
    security: SECURITY[access] ?? [{ bearer: [] }],
    'x-authz': access,
    'x-rate-limit': limitOf(operation),
    ...describeRequest(operation, address),
    responses: { ...describeSuccess(operation), ...errorResponses(operation, address) },
  };
}

function describeSuccess({ http, output, status, summary }: NamedOperation) {
  const code = status ?? (output ? 200 : 204);
  const tagged = output && (http.startsWith('GET ') || hasVersion(output));
  const headers = { ...limitHeaders, ...(tagged && { ETag: reference('ETag') }) };
  return {
    [code]: { description: summary, headers, ...(output && { content: { 'application/json': { schema: output } } }) },
  };
}
