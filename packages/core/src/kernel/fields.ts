import * as z from 'zod';

// Built from escapes: control characters in a literal would be invisible.
const CONTROLS = '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\ufffe\\uffff';
const SINGLE_LINE = new RegExp(`[${CONTROLS}\\t\\n\\r]`);
const MULTI_LINE = new RegExp(`[${CONTROLS}]`);
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\s]/gu;

/** What is said of text with characters that are not for it. */
export const FORBIDDEN_CHARACTERS = 'Contains characters that are not allowed';

/** False for what PostgreSQL cannot store as text: NUL, and halves of a character. */
export const isStorable = (value: string): boolean => value.isWellFormed() && !value.includes('\0');

interface TextOptions {
  readonly max: number;
  /** Allows new lines and tabs, and the empty string. */
  readonly multiline?: boolean;
  readonly required?: string;
}

/** Text that people write: trimmed, NFC, without control characters or lone surrogates; `max` in code points. */
export function text({ max, multiline = false, required = 'Required' }: TextOptions) {
  const forbidden = multiline ? MULTI_LINE : SINGLE_LINE;
  const base = z
    .string({ error: ({ input }) => (input === undefined ? required : 'Must be a string') })
    .refine((value) => value.isWellFormed() && !forbidden.test(value), FORBIDDEN_CHARACTERS)
    .trim()
    .normalize('NFC')
    .max(max, `Must be at most ${max} characters`);
  if (multiline) return base;
  return base.refine((value) => value.replace(INVISIBLE, '') !== '', required).meta({ minLength: 1 });
}

/** A UUID, in lower case as the database writes it; in a path, one that is malformed counts as absent. */
export const id = z.uuid({ error: 'Invalid id' }).toLowerCase();

const RFC_3339 = z.iso.datetime({ offset: true });
const EARLIEST = 0;
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function toInstant(value: unknown): Date | undefined {
  const date = typeof value === 'string' && RFC_3339.safeParse(value).success ? new Date(value) : value;
  if (!(date instanceof Date)) return undefined;
  const time = date.getTime();
  return time >= EARLIEST && time <= LATEST ? new Date(time) : undefined;
}

/** A point in time given as a `Date` or an RFC 3339 string with an offset; years 1970 to 9999, milliseconds kept. */
export const instant = z
  .unknown()
  .transform((value, ctx) => {
    const date = toInstant(value);
    if (date) return date;
    ctx.issues.push({ code: 'custom', message: 'Must be a date and time with an offset (RFC 3339)', input: undefined });
    return z.NEVER;
  })
  .meta({ type: 'string', format: 'date-time', examples: ['2027-01-31T09:00:00Z'] }) as unknown as z.ZodType<
  Date,
  Date | string
>;

export const page = z.int().min(1).max(1_000_000).describe('Page number, from 1');
export const limit = z.int().min(1).max(100).default(20).describe('Items on a page, 1 to 100');
