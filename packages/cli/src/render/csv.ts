import { toText } from './cells.ts';
import type { Row } from './result.ts';

/** Text that a spreadsheet would run as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * Rows as CSV after RFC 4180, with a header. Text that begins like a formula gets an apostrophe in front, as OWASP
 * advises: spreadsheets hide it, other programs must strip it.
 */
export function toCsv(rows: readonly Row[], fields: readonly string[]): string {
  const lines = [fields.map(quote), ...rows.map((row) => fields.map((field) => toCell(row[field])))];
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}

function toCell(value: unknown): string {
  const text = toText(value);
  return quote(typeof value !== 'number' && FORMULA.test(text) ? `'${text}` : text);
}

const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
