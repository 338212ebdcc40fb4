import { isForPeople, type OutputFormat } from '../terminal/io.ts';
import { toCsv, toTsv } from './csv.ts';
import { fieldsOf, pick } from './fields.ts';
import type { Result, Row, TableStyle, Target } from './result.ts';
import { toVisibleJson, toVisibleLines } from './sanitize.ts';
import { toRecord, toTable } from './table.ts';
import { toYaml } from './yaml.ts';

interface RenderOptions extends TableStyle, Target {
  readonly format: OutputFormat;
  /** The fields that were asked for, in place of those that the format shows by itself. */
  readonly fields?: readonly string[] | undefined;
}

/**
 * What goes to stdout: in JSON and YAML one value, an array for a list and an object otherwise; nothing in a table of
 * nothing. No control character reaches a terminal raw.
 */
export async function render(result: Result, options: RenderOptions): Promise<string> {
  const { format, fields, output, hasHeaders = true } = options;
  if (isForPeople(format)) return renderTable(result, options);
  const rows = (result.kind === 'list' ? result.items : [result.item]).map((row) => pick(row, fields));
  const value = result.kind === 'list' ? rows : rows[0];
  if (format === 'json') return toJson(value, 2);
  if (format === 'ndjson') return rows.map((row) => toJson(row, 0)).join('');
  if (format === 'yaml') return toYaml(value);
  const text = renderLines(format, { rows, fields: fields ?? fieldsOf(result), hasHeaders });
  return output.isTTY ? toVisibleLines(text.replaceAll('\r\n', '\n')) : text;
}

interface Lines {
  readonly rows: readonly Row[];
  readonly fields: readonly string[];
  readonly hasHeaders: boolean;
}

function renderLines(format: OutputFormat, { rows, ...lines }: Lines): string {
  if (format === 'ids') return rows.map(({ id }) => `${id}\n`).join('');
  return format === 'tsv' ? toTsv(rows, lines) : toCsv(rows, lines);
}

const toJson = (value: unknown, indent: number) => `${toVisibleJson(JSON.stringify(value, null, indent))}\n`;

async function renderTable(result: Result, { format, fields, ...style }: RenderOptions): Promise<string> {
  const isWide = format === 'wide';
  const isTold = result.text === '' || (!fields && !(isWide && result.kind === 'list'));
  if (result.text !== undefined && isTold) return toVisibleLines(result.text);
  if (result.kind === 'record') return toRecord(flatten(pick(result.item, fields)), style);
  if (result.items.length === 0) return '';
  const columns = fields ?? (isWide ? undefined : style.columns) ?? result.fields;
  const target = isWide ? { ...style, isWide, shortIds: false } : style;
  return toTable(result.items, columns, target);
}

/** Shows the fields of records inside a record, which a table would print as JSON. */
function flatten(row: Row): Row {
  const fields = Object.entries(row).flatMap(([name, value]) => {
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
    return isRecord ? Object.entries(value).map(([inner, part]) => [`${name} ${inner}`, part]) : [[name, value]];
  });
  return Object.fromEntries(fields);
}
