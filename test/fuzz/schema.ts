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
}

const KNOWN = new Set([
  ...['$ref', 'type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', 'properties', 'required', 'additionalProperties'],
  ...['propertyNames', 'items', 'minItems', 'maxItems', 'uniqueItems', 'minLength', 'maxLength', 'pattern', 'format'],
  ...['minimum', 'maximum', 'default', 'description', 'examples', 'id', 'title'],
]);

const FORMATS: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  'date-time':
    /^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)$/,
  email: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
};

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

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

function checkType({ type, enum: values, const: only }: Schema, value: unknown): string[] {
  const actual = typeOf(value);
  const wanted = type === undefined ? [] : [type].flat();
  if (wanted.length > 0 && !wanted.includes(actual) && !(actual === 'integer' && wanted.includes('number')))
    return [`is ${actual}, not ${wanted}`];
  if (values && !values.includes(value)) return ['is none of the values'];
  return only !== undefined && only !== value ? ['is not the constant'] : [];
}

function checkString(
  { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format }: Schema,
  value: string,
): string[] {
  const length = [...value].length;
  if (length < minLength || length > maxLength) return [`has ${length} characters`];
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return ['does not match the pattern'];
  return format !== undefined && FORMATS[format]?.test(value) === false ? [`is no ${format}`] : [];
}

const checkNumber = (
  { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY }: Schema,
  value: number,
) => (value < minimum || value > maximum ? [`is ${value}`] : []);

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
