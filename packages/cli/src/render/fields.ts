import { failCli } from '../failures.ts';
import type { Result, Row } from './result.ts';

/** The fields of a result. */
export const fieldsOf = (result: Result): readonly string[] =>
  result.kind === 'list' ? result.fields : Object.keys(result.item);

/** A record with these fields alone, in this order. */
export const pick = (row: Row, fields: readonly string[] | undefined): Row =>
  fields ? Object.fromEntries(fields.map((field) => [field, row[field] ?? null])) : row;

/** Refuses fields that the result of a command does not have. */
export function checkFields(wanted: readonly string[], available: readonly string[]): void {
  const unknown = wanted.filter((field) => !available.includes(field));
  if (unknown.length === 0) return;
  failCli('cli.usage', `The result has no field ${unknown.map((field) => `"${field}"`).join(', ')}`, {
    hint: available.length > 0 ? `Its fields: ${available.join(', ')}` : 'It has none.',
  });
}
