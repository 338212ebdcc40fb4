import { readFileSync } from 'node:fs';
import { type Access, FEATURES, type NamedOperation, operations } from '@taskapp/core';
import { createDocument, type oas31, type ZodOpenApiObject, type ZodOpenApiOperationObject } from 'zod-openapi';
import { type Address, addressOf } from './input.ts';
import { components, limitHeaders, reference } from './openapi-components.ts';
import { errorResponses } from './openapi-errors.ts';
import { addExamples, withoutUnused } from './openapi-examples.ts';
import { limitOf, proseOf } from './openapi-prose.ts';
import { describeRequest } from './openapi-request.ts';
import { describeForClients } from './openapi-schemas.ts';
import { servicePaths } from './openapi-service.ts';
import { hasVersion } from './preconditions.ts';

const DESCRIPTION = `Accounts, tasks and tags over HTTP.

To try it out on the page \`/docs\` of a server: open the first operation and press Execute, which makes an account. The page
sends its access token with whatever you execute next, until you reload it. "Authorize" is for a token that you have.

Programs sign in for an access token and send it as \`Authorization: Bearer <token>\`. Bodies are JSON in UTF-8; unknown fields
are refused. Every error has the shape of the schema \`Error\`, or of \`Problem\` for callers that prefer \`application/problem+json\`;
its \`code\` never changes its meaning.`;

const SERVER = {
  // Relative to where the document is served, so it is right below any prefix.
  url: '.',
  description: 'The server that this document comes from, be it production, staging or local',
  'x-internal': false,
};
const SERVICE = { name: 'service', description: 'For balancers and monitors' };
const TOKEN = 'An access token: a JWT that is verified the way RFC8725 asks for';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Derives the OpenAPI 3.1 document from the operations that the routes are derived from. */
export function createOpenApi(): oas31.OpenAPIObject {
  const document = createDocument(describeApi(), { override: describeForClients });
  addExamples(document);
  return withoutUnused(document);
}

function describeApi(): ZodOpenApiObject {
  return {
    openapi: '3.1.0',
    info: { title: 'Task app', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [SERVER],
    tags: [...listFeatures().map((name) => ({ name, description: FEATURES[name] })), SERVICE],
    paths: { ...createPaths(), ...servicePaths },
    components: {
      ...components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: TOKEN },
      },
    },
  };
}

/** Those for everybody come first, in their order, and then those with operations for administrators. */
function listFeatures(): NamedOperation['feature'][] {
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
