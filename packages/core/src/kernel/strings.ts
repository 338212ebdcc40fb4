import * as z from 'zod';

/** A field of an input as transports see it. */
export interface Field {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly items?: Field;
  readonly anyOf?: readonly Field[];
}

/** The JSON-Schema properties of an input, and which of them are required. */
export interface Fields {
  readonly fields: Readonly<Record<string, Field>>;
  readonly required: readonly string[];
}

const known = new WeakMap<z.ZodObject, Fields>();

/** Describes an operation's input for callers that build forms, options or parameters from it. */
export function fieldsOf(schema: z.ZodObject): Fields {
  const cached = known.get(schema);
  if (cached) return cached;
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const described = { fields: properties as Record<string, Field>, required };
  known.set(schema, described);
  return described;
}

/** Query strings and command lines carry only strings; this gives every field the type its schema asks for. */
export function fromStrings(schema: z.ZodObject, raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { fields } = fieldsOf(schema);
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, convert(fields[name], value)]));
}

const INTEGER = /^-?(0|[1-9]\d{0,14})$/;
const DECIMAL = /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/;

/** Leaves alone what it cannot convert, so that validation names the problem. */
function convert(field: Field | undefined, value: unknown): unknown {
  if (field?.type === 'array') return [value].flat().map((item) => convert(field.items, item));
  if (field?.anyOf)
    return convert(
      field.anyOf.find(({ type }) => type !== 'null'),
      value,
    );
  if (typeof value !== 'string') return value;
  if (field?.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  if (field?.type === 'integer') return INTEGER.test(value) ? Number(value) : value;
  if (field?.type === 'number') return DECIMAL.test(value) ? Number(value) : value;
  return value;
}
