import { styleText } from 'node:util';
import { words } from '../catalog/names.ts';
import { shortId } from '../references.ts';
import { toDisplay, toText } from './cells.ts';
import { layOut } from './layout.ts';
import type { Row, TableStyle, Target, Tone } from './result.ts';
import { toVisible, toVisibleLines } from './sanitize.ts';

/** Rows under their column names. On a terminal it fits the width and dates are local; elsewhere nothing is cut. */
export function toTable(
  rows: readonly Row[],
  columns: readonly string[],
  target: Target & TableStyle,
): Promise<string> {
  const head = columns.map((column) => emphasize(words(column).toUpperCase(), target));
  const cells = rows.map((row) => columns.map((column) => toCell(row, column, target)));
  return layOut(target.hasHeaders === false ? cells : [head, ...cells], { ...target, wordWrap: false });
}

function toCell(row: Row, column: string, target: Target & TableStyle): string {
  const { shortIds, output, tones } = target;
  const value = row[column];
  const isShort = shortIds && output.isTTY && column === 'id';
  const text = toVisible(isShort ? shortId(String(value)) : show(value, target));
  const tone = typeof value === 'string' ? tones?.[column]?.[value] : undefined;
  return tone ? paint(tone, text, target) : text;
}

/** The fields of one record below each other; long text takes several lines. */
export function toRecord(row: Row, target: Target): Promise<string> {
  const lines = Object.entries(row).map(([name, value]) => {
    const text = toVisibleLines(show(value, target)).replaceAll('\t', '  ');
    return target.hasHeaders === false ? [text] : [emphasize(words(name), target), text];
  });
  return layOut(lines, { ...target, wordWrap: true });
}

const show = (value: unknown, { output, timeZone }: Target): string =>
  output.isTTY ? toDisplay(value, timeZone) : toText(value);

const emphasize = (name: string, target: Target): string => paint('bold', name, target);

const paint = (tone: Tone, text: string, { hasStyle }: Target): string =>
  hasStyle ? styleText(tone, text, { validateStream: false }) : text;
