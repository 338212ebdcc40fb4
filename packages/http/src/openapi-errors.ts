import { STATUS_CODES } from 'node:http';
import { ERRORS, isKeyed, type NamedOperation, operations } from '@taskapp/core';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { coreError, type HttpErrorSpec, httpErrors, toHttpError } from './http-errors.ts';
import type { Address } from './input.ts';
import { commonHeaders, error, limitHeaders, problem, reference } from './openapi-components.ts';
import { hasVersion } from './preconditions.ts';

const EXTRA_HEADERS: Readonly<Record<number, Record<string, { $ref: `#/components/headers/${string}` }>>> = {
  401: { 'WWW-Authenticate': reference('WwwAuthenticate') },
  429: { 'Retry-After': reference('RetryAfter') },
  503: { 'Retry-After': reference('RetryAfter') },
};

/** The failures of the database: they can happen to every operation, and no contract lists them. */
const fromDatabase = ERRORS.filter(({ code }) => code.startsWith('database.')).map(toHttpError);
const ofKeys = ERRORS.filter(({ code }) => code.startsWith('idempotency.')).map(toHttpError);
const always = [
  coreError('input.unstorable'),
  coreError('rate_limit.exceeded'),
  coreError('rate_limit.too_many_concurrent'),
  ...fromDatabase,
  httpErrors.requestTimeout,
  httpErrors.uriTooLong,
  httpErrors.headersTooLarge,
  httpErrors.internal,
  httpErrors.starting,
  httpErrors.overloaded,
];
const ofBodies = [
  httpErrors.malformedJson,
  httpErrors.malformedRequest,
  httpErrors.bodyTooLarge,
  httpErrors.unsupportedMediaType,
];

/** True where `If-Match` means something: what is changed is a resource whose answer has a version. */
export function isVersioned({ http }: NamedOperation): boolean {
  const [method, path] = http.split(' ');
  if (method === 'GET' || method === 'POST') return false;
  const read = operations.find((operation) => operation.http === `GET ${path}`)?.output;
  return hasVersion(read);
}

/** The answers of an operation that are no success, by status, with the codes that can occur. */
export function errorResponses(operation: NamedOperation, address: Address): Record<string, ZodOpenApiResponseObject> {
  const responses = byStatus(possibleErrors(operation, address)).map(([status, specs]) => {
    const response = describe(status, specs);
    return [status, shared.get(response.description) ?? response] as const;
  });
  return Object.fromEntries(responses);
}

function byStatus(specs: readonly HttpErrorSpec[]): [number, HttpErrorSpec[]][] {
  const groups = new Map<number, Map<string, HttpErrorSpec>>();
  for (const spec of specs) groups.set(spec.status, new Map(groups.get(spec.status)).set(spec.code, spec));
  return [...groups].sort(([one], [other]) => one - other).map(([status, group]) => [status, [...group.values()]]);
}

function possibleErrors(operation: NamedOperation, { hasBody }: Address): HttpErrorSpec[] {
  const { access, errors = [] } = operation;
  return [
    coreError('input.invalid'),
    httpErrors.malformedUrl,
    ...(hasBody ? ofBodies : []),
    ...(access === 'public' ? [] : [coreError('auth.token_required'), coreError('auth.token_invalid')]),
    ...(access === 'admin' ? [coreError('auth.admin_required')] : []),
    ...errors.map(toHttpError),
    ...(isKeyed(operation) ? ofKeys : []),
    ...(isVersioned(operation) ? [coreError('input.version_conflict')] : []),
    ...always,
  ];
}

/** Requests that are too long or too slow are refused before anything is charged, and a server in trouble may be. */
const isCharged = (status: number) => status < 500 && ![408, 414, 431].includes(status);

const ofAnyRoute = [
  httpErrors.malformedRequest,
  httpErrors.uriTooLong,
  httpErrors.headersTooLarge,
  httpErrors.internal,
];

/** What routes answer that is no success where they are charged to no limit. */
export const commonErrors = (): Record<string, ZodOpenApiResponseObject> =>
  Object.fromEntries(
    byStatus(ofAnyRoute).map(([status, specs]) => [status, { ...describe(status, specs), headers: commonHeaders }]),
  );

function describe(status: number, specs: readonly HttpErrorSpec[]): ZodOpenApiResponseObject {
  const codes = specs.map(({ code }) => code);
  const samples = codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]);
  return {
    description: `${STATUS_CODES[status]}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
    headers: { ...(isCharged(status) ? limitHeaders : commonHeaders), ...EXTRA_HEADERS[status] },
    content: {
      'application/json': { schema: error, examples: Object.fromEntries(samples) },
      'application/problem+json': { schema: problem },
    },
  };
}

const nameOf = (status: number) => `${STATUS_CODES[status]}`.replace(/\W/g, '');

/** What every operation answers alike is written once, as a component. */
const shared: ReadonlyMap<string, ZodOpenApiResponseObject> = new Map(
  byStatus([...always, ...ofBodies.filter(({ status }) => status > 400)]).map(([status, specs]) => {
    const response = describe(status, specs);
    return [response.description, { ...response, id: nameOf(status) }];
  }),
);
