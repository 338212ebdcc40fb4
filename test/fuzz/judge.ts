import type { Case } from './cases.ts';
import { canFailWith, type Operation, type Parameter } from './document.ts';
import type { SampleContext } from './samples.ts';
import { resolve, type Schema, validate } from './schema.ts';

/** The fields of a request, wherever they travel. */
export interface Field {
  readonly place: 'query' | 'body';
  readonly name: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** Values that are well formed and still may not be allowed: they have to name something that exists, fit others, or leave a title. */
const REFERENCES = /^(id|tagIds?|workspaceId|entityId|cursor|refreshToken|email|currentPassword|timeZone|text)$/;

/** Lists the fields of an operation. */
export function fieldsOf({ root, operation }: Pick<SampleContext, 'root' | 'operation'>): Field[] {
  const query = operation.parameters
    .filter((parameter: Parameter) => parameter.in === 'query')
    .map(({ name, schema, required }) => ({ place: 'query' as const, name, schema, isRequired: required ?? false }));
  const { properties = {}, required = [] } = operation.body ? resolve(root, operation.body) : {};
  const body = Object.entries(properties).map(([name, schema]) => ({
    place: 'body' as const,
    name,
    schema,
    isRequired: required.includes(name),
  }));
  return [...query, ...body];
}

/** What must become of a request in which `field` was replaced, by what the document says. */
export function judge({ root, operation }: SampleContext, { body, query }: Case, field: Field): Case['expect'] {
  if (field.place === 'body') {
    if (validate(root, operation.body ?? {}, body).length > 0) return 'reject';
  } else if (validate(root, field.schema, fromQuery(field.schema, query[field.name])).length > 0) return 'reject';
  if (reachesTooFar(operation, query)) return 'reject';
  const isCredential = field.name === 'password' && canFailWith(operation, 'auth.credentials_invalid');
  return REFERENCES.test(field.name) || isCredential ? 'either' : 'accept';
}

/** What a query string can say of a value, read by the type that the document gives it. */
function fromQuery(schema: Schema, value: unknown): unknown {
  const text = `${value}`;
  if (schema.type === 'integer') return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

/** Pages by number end where the document says so. */
function reachesTooFar({ parameters }: Operation, query: Case['query']): boolean {
  const numberOf = (name: string) =>
    Number(query[name] ?? parameters.find((parameter) => parameter.name === name)?.schema.default);
  return parameters.some(({ name, schema }) => {
    const max = schema['x-max-times-limit'];
    return max !== undefined && query[name] !== undefined && numberOf(name) * numberOf('limit') > max;
  });
}

/** A field with a list of words: the document tells all about it. */
export const isWord = ({ root }: SampleContext, { schema }: Field) => resolve(root, schema).enum !== undefined;
