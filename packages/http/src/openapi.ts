import { readFileSync } from 'node:fs';
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
import { describeRequest } from './openapi-request.ts';
import { servicePaths } from './openapi-service.ts';
import { hasVersion } from './preconditions.ts';

const DESCRIPTION = `Accounts, tasks and tags over HTTP.

To try it out on the page \`/docs\` of a server: open the first operation and press Execute, which makes an account. The page
sends its access token with whatever you execute next, until you reload it. "Authorize" is for a token that you have.

Programs sign in for an access token and send it as \`Authorization: Bearer <token>\`. Bodies are JSON in UTF-8; unknown fields
are refused. Every error has the shape of the schema \`Error\`, or of \`Problem\` for callers that prefer \`application/problem+json\`;
its \`code\` never changes its meaning.`;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Derives the OpenAPI 3.1 document from the operations that the routes are derived from. */
export function createOpenApi(): oas31.OpenAPIObject {
  return addExamples(createDocument(describeApi(), { override: describeForClients }));
}

function describeApi(): ZodOpenApiObject {
  return {
    openapi: '3.1.0',
    info: { title: 'Task app', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    // Relative to where the document is served, so it is right below any prefix.
    servers: [{ url: './', description: 'The server that this document comes from' }],
    tags: [...listFeatures(), 'service'].map((name) => ({ name })),
    paths: { ...createPaths(), ...servicePaths },
    components: {
      ...components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token' },
      },
    },
  };
}

/** Those for everybody come first, in their order, and then those with operations for administrators. */
function listFeatures(): string[] {
  const forAdmins = new Set(operations.filter(({ access }) => access === 'admin').map(({ feature }) => feature));
  const features = [...new Set(operations.map(({ feature }) => feature))];
  return [...features.filter((name) => !forAdmins.has(name)), ...forAdmins];
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
