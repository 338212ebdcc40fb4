import type { OutputFormat } from '../terminal/io.ts';
import { toCsv } from './csv.ts';
import type { Result, Row, TableStyle, Target } from './result.ts';
import { toVisibleJson, toVisibleLines } from './sanitize.ts';
import { toRecord, toTable } from './table.ts';

interface RenderOptions extends TableStyle, Target {
  readonly format: OutputFormat;
}

/**
 * What goes to stdout: in JSON one value, an array for a list and an object otherwise; nothing in a table of nothing.
 * No control character reaches a terminal raw.
 */
export async function render(result: Result, { format, ...style }: RenderOptions): Promise<string> {
  if (format === 'table') return renderTable(result, style);
  const rows = result.kind === 'list' ? result.items : [result.item];
  if (format === 'json') return toJson(result.kind === 'list' ? rows : result.item, 2);
  if (format === 'ndjson') return rows.map((row) => toJson(row, 0)).join('');
  const text = format === 'ids' ? rows.map(({ id }) => `${id}\n`).join('') : toCsv(rows, fieldsOf(result));
  return style.output.isTTY ? toVisibleLines(text.replaceAll('\r\n', '\n')) : text;
}

const toJson = (value: unknown, indent: number) => `${toVisibleJson(JSON.stringify(value, null, indent))}\n`;

const fieldsOf = (result: Result): readonly string[] =>
  result.kind === 'list' ? result.fields : Object.keys(result.item);

async function renderTable(result: Result, style: Omit<RenderOptions, 'format'>): Promise<string> {
  if (result.text !== undefined) return toVisibleLines(result.text);
  if (result.kind === 'list' && result.items.length === 0) return '';
  if (result.kind === 'record') return toRecord(flatten(result.item), style);
  return toTable(result.items, style.columns ?? result.fields, style);
}

/** Shows the fields of records inside a record, which a table would print as JSON. */
function flatten(row: Row): Row {
  const fields = Object.entries(row).flatMap(([name, value]) => {
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
    return isRecord ? Object.entries(value).map(([inner, part]) => [`${name} ${inner}`, part]) : [[name, value]];
  });
  return Object.fromEntries(fields);
}
