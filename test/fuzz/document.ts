import type { Schema } from './schema.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Response {
  readonly $ref?: string;
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: { readonly 'application/json'?: { readonly schema: Schema } };
}

/** One operation of the API document. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{id}` where parameters go. */
  readonly path: string;
  readonly access: 'public' | 'optional' | 'user' | 'self' | 'admin' | undefined;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly needsBody: boolean;
  readonly responses: Readonly<Record<string, Response>>;
}

/** The document with its operations laid out flat. */
export interface ApiDocument {
  readonly root: unknown;
  readonly operations: readonly Operation[];
}

/** Reads the document that the app serves. */
export function readDocument(root: unknown): ApiDocument {
  const { paths } = root as { paths: Record<string, Record<string, Record<string, unknown>>> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => describe(root, path, method, operation)),
  );
  return { root, operations };
}

interface RawBody {
  readonly required?: boolean;
  readonly content: { readonly 'application/json': { readonly schema: Schema } };
}

function describe(root: unknown, path: string, method: string, raw: Record<string, unknown>): Operation {
  const body = raw.requestBody as RawBody | undefined;
  const responses = Object.entries(raw.responses as Record<string, Response>);
  return {
    id: raw.operationId as string,
    method: method.toUpperCase(),
    path,
    access: raw['x-authz'] as Operation['access'],
    parameters: (raw.parameters ?? []) as Parameter[],
    body: body?.content['application/json'].schema,
    needsBody: body?.required ?? false,
    responses: Object.fromEntries(responses.map(([status, response]) => [status, deref(root, response)])),
  };
}

function deref(root: unknown, response: Response): Response {
  const name = response.$ref?.split('/').at(-1);
  if (!name) return response;
  return (root as { components: { responses: Record<string, Response> } }).components.responses[name] as Response;
}

/** True when the operation documents a failure by its code. */
export const canFailWith = ({ responses }: Operation, code: string): boolean =>
  Object.values(responses).some(({ description }) => description.includes(`\`${code}\``));

/** The status of success that the operation documents. */
export const successOf = ({ responses }: Operation): number =>
  Number(Object.keys(responses).find((status) => status.startsWith('2')));
