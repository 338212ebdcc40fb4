import type { Schema } from './schema.ts';

const FORMATS: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  'date-time':
    /^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)$/,
  email: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
};

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

/** Type, words and constant. */
export function checkType({ type, enum: values, const: only }: Schema, value: unknown): string[] {
  const actual = typeOf(value);
  const wanted = type === undefined ? [] : [type].flat();
  if (wanted.length > 0 && !wanted.includes(actual) && !(actual === 'integer' && wanted.includes('number')))
    return [`is ${actual}, not ${wanted}`];
  if (values && !values.includes(value)) return ['is none of the values'];
  return only !== undefined && only !== value ? ['is not the constant'] : [];
}

/** Length in code points, pattern and format. */
export function checkString(
  { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format }: Schema,
  value: string,
): string[] {
  const length = [...value].length;
  if (length < minLength || length > maxLength) return [`has ${length} characters`];
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return ['does not match the pattern'];
  return format !== undefined && FORMATS[format]?.test(value) === false ? [`is no ${format}`] : [];
}

/** Smallest and largest. */
export const checkNumber = (
  { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY }: Schema,
  value: number,
) => (value < minimum || value > maximum ? [`is ${value}`] : []);
