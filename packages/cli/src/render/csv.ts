import { toText } from './cells.ts';
import type { Row } from './result.ts';

/** Text that a spreadsheet would run as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

interface Lines {
  readonly fields: readonly string[];
  readonly hasHeaders: boolean;
}

/**
 * Rows as CSV after RFC 4180. Text that begins like a formula gets an apostrophe in front, as OWASP advises:
 * spreadsheets hide it, other programs must strip it.
 */
export function toCsv(rows: readonly Row[], { fields, hasHeaders }: Lines): string {
  const head = hasHeaders ? [fields.map(quote)] : [];
  const lines = [...head, ...rows.map((row) => fields.map((field) => toCell(row[field])))];
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}

function toCell(value: unknown): string {
  const text = toText(value);
  return quote(typeof value !== 'number' && FORMULA.test(text) ? `'${text}` : text);
}

const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Rows as lines of values between tabs, for `cut` and `awk`: tabs, line ends and backslashes are escaped as in C. */
export function toTsv(rows: readonly Row[], { fields, hasHeaders }: Lines): string {
  const toField = (value: unknown) => toText(value).replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? '');
  const head = hasHeaders ? [fields.map(toField)] : [];
  const lines = [...head, ...rows.map((row) => fields.map((field) => toField(row[field])))];
  return lines.map((cells) => `${cells.join('\t')}\n`).join('');
}
