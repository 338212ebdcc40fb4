import { parse as parseQuerystring } from 'node:querystring';
import { fieldsOf, fromStrings, type NamedOperation } from '@taskapp/core';
import { coreError, httpErrors, refuse } from './http-errors.ts';

const PREFIX = '/api';

/** The HTTP address of an operation, and where each field of its input travels. */
export interface Address {
  readonly method: string;
  /** `/api/things/:id` */
  readonly path: string;
  /** True where fields travel in a JSON body. */
  readonly hasBody: boolean;
  readonly placeOf: (field: string) => 'params' | 'query' | 'body';
}

/** Tells how an operation is reached over HTTP. */
export function addressOf({ http, query = [] }: NamedOperation): Address {
  const [method = '', path = ''] = http.split(' ');
  const params = new Set(path.match(/(?<=:)\w+/g));
  const hasBody = method !== 'GET';
  return {
    method,
    path: PREFIX + path,
    hasBody,
    placeOf: (field) => (params.has(field) ? 'params' : !hasBody || query.includes(field) ? 'query' : 'body'),
  };
}

/** The parts of a request that an input is made of. */
export interface InputParts {
  readonly params: Readonly<Record<string, string>>;
  /** As it stands in the URL, without the question mark. */
  readonly querystring: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const MAX_PARAMETERS = 20;
const MAX_PROBLEMS = 20;
const MEANINGFUL = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Makes one flat input of path, query and body. A field is taken from its own place only, and the path comes last:
 * nothing in a query or body can change which resource is addressed.
 *
 * @throws 400 that names the fields in a wrong place, at most 20
 */
export function collectInput(operation: NamedOperation, address: Address, parts: InputParts): Record<string, unknown> {
  const query = parseQuery(parts.querystring);
  const errors = [...findQueryProblems(operation, address, query), ...findBodyProblems(address, parts.body)];
  if (errors.length > 0) refuse(coreError('input.invalid'), { errors: errors.slice(0, MAX_PROBLEMS) });
  return { ...parts.body, ...fromStrings(operation.input, { ...query, ...parts.params }) };
}

type Query = Readonly<Record<string, string | string[] | undefined>>;

function parseQuery(querystring: string): Query {
  try {
    decodeURIComponent(querystring);
  } catch (cause) {
    return refuse(httpErrors.malformedUrl, { cause });
  }
  return parseQuerystring(querystring, '&', '=', { maxKeys: 0 });
}

function findQueryProblems({ input }: NamedOperation, { hasBody, placeOf }: Address, query: Query): string[] {
  const { fields } = fieldsOf(input);
  const count = Object.values(query).flat().length;
  if (count > MAX_PARAMETERS) return [`query: Must not have more than ${MAX_PARAMETERS} parameters`];
  return Object.entries(query).flatMap(([name, value]) => {
    // What a GET does not know is left to validation, which names it together with everything else.
    const misplaced = placeOf(name) !== 'query' || (hasBody && !Object.hasOwn(fields, name));
    if (misplaced || MEANINGFUL.has(name)) return [`query.${name}: Unrecognized key`];
    const repeated = Array.isArray(value) && Object.hasOwn(fields, name) && fields[name]?.type !== 'array';
    return repeated ? [`query.${name}: Given more than once`] : [];
  });
}

const findBodyProblems = ({ placeOf }: Address, body: InputParts['body']): string[] =>
  Object.keys(body)
    .filter((name) => placeOf(name) !== 'body')
    .map((name) => `body.${name}: Unrecognized key`);
