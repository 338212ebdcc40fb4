const MAX_DEPTH = 6;
const SECRET = /pass(word|phrase)|secret|token|authorization|cookie|api_?key|^e-?mail$/i;
const REDACTED = '[redacted]';
/** The user name and password of a URL. */
const CREDENTIALS = /(\w:\/\/)[^\s/@]+@/g;

/**
 * Makes plain data of what a log call was given: errors keep name, message, code, stack and cause and nothing else
 * (clients hang requests with their headers on them), values of fields that are named like secrets go, and so do
 * the credentials in URLs.
 */
export const toLogFields = (fields: object): Record<string, unknown> => Object.fromEntries(cleanEntries(fields, 0));

const cleanEntries = (value: object, depth: number): [string, unknown][] =>
  Object.entries(value).map(([name, field]) => [name, SECRET.test(name) ? REDACTED : clean(field, depth + 1)]);

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.includes('://') ? value.replace(CREDENTIALS, `$1${REDACTED}@`) : value;
  if (typeof value === 'bigint') return `${value}`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[deep]';
  if (value instanceof Error) return cleanError(value, depth);
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1));
  return Object.fromEntries(cleanEntries(value, depth));
}

function cleanError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  const kept = { name, message, ...(code !== undefined && { code }), stack, ...(cause !== undefined && { cause }) };
  return Object.fromEntries(Object.entries(kept).map(([field, value]) => [field, clean(value, depth + 1)]));
}

// Built from escapes: control characters in a literal would be invisible.
const INVISIBLE = '\\u007f-\\u009f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069';
const BEYOND_JSON = new RegExp(`[${INVISIBLE}]`, 'g');
const ALL_CONTROLS = new RegExp(`[\\u0000-\\u001f${INVISIBLE}]`, 'g');

const escapeCharacter = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Escapes, inside JSON text, what JSON leaves alone and terminals obey. */
export const escapeJsonLine = (json: string): string => json.replace(BEYOND_JSON, escapeCharacter);

/** Escapes everything that could start a line of its own or change how one looks. */
export const escapeText = (text: string): string => text.replace(ALL_CONTROLS, escapeCharacter);
