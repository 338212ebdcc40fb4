import { checkNumber, checkString, checkType } from './schema-values.ts';

/** The part of JSON Schema that the API document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  /** The largest product of this number and the parameter `limit`; JSON Schema cannot say that. */
  readonly 'x-max-times-limit'?: number;
}

const KNOWN = new Set([
  ...['$ref', 'type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', 'properties', 'required', 'additionalProperties'],
  ...['propertyNames', 'items', 'minItems', 'maxItems', 'uniqueItems', 'minLength', 'maxLength', 'pattern', 'format'],
  ...['minimum', 'maximum', 'default', 'description', 'examples', 'id', 'title', 'x-max-times-limit'],
]);

/** Finds the schema that a reference of `document` names. */
export function resolve(document: unknown, schema: Schema): Schema {
  if (!schema.$ref) return schema;
  const found = schema.$ref
    .slice(2)
    .split('/')
    .reduce((at, name) => (at as Record<string, unknown>)?.[name], document) as Schema | undefined;
  if (!found) throw new Error(`The document has no ${schema.$ref}`);
  return resolve(document, found);
}

/** Says where `value` breaks `given`, a line each; none: it is valid. Fails on keywords that it does not know. */
export function validate(document: unknown, given: Schema, value: unknown, path = '$'): string[] {
  const schema = resolve(document, given);
  for (const keyword of Object.keys(schema))
    if (!KNOWN.has(keyword)) throw new Error(`Unknown keyword ${keyword} at ${path}`);
  const check = (inner: Schema, item: unknown, at: string) => validate(document, inner, item, at);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives && !alternatives.some((inner) => check(inner, value, path).length === 0))
    return [`${path}: fits no alternative`];
  return [
    ...(schema.allOf ?? []).flatMap((inner) => check(inner, value, path)),
    ...checkType(schema, value).map((problem) => `${path}: ${problem}`),
    ...(typeof value === 'string' ? checkString(schema, value).map((problem) => `${path}: ${problem}`) : []),
    ...(typeof value === 'number' ? checkNumber(schema, value).map((problem) => `${path}: ${problem}`) : []),
    ...(Array.isArray(value)
      ? checkArray(schema, value, (item, index) => check(schema.items ?? {}, item, `${path}.${index}`), path)
      : []),
    ...(isObject(value) ? checkObject(schema, value, path, check) : []),
  ];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkArray(
  schema: Schema,
  value: readonly unknown[],
  each: (item: unknown, index: number) => string[],
  path: string,
): string[] {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, uniqueItems } = schema;
  if (value.length < minItems || value.length > maxItems) return [`${path}: has ${value.length} items`];
  if (uniqueItems && new Set(value.map((item) => JSON.stringify(item))).size < value.length)
    return [`${path}: repeats an item`];
  return value.flatMap(each);
}

type Check = (schema: Schema, value: unknown, path: string) => string[];

function checkObject(schema: Schema, value: Record<string, unknown>, path: string, check: Check): string[] {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  const missing = required.filter((name) => !Object.hasOwn(value, name)).map((name) => `${path}.${name}: is missing`);
  const members = Object.entries(value).flatMap(([name, member]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) return check(known, member, `${path}.${name}`);
    if (additionalProperties === false) return [`${path}.${name}: is not known`];
    return typeof additionalProperties === 'object' ? check(additionalProperties, member, `${path}.${name}`) : [];
  });
  return [...missing, ...members];
}
