import { styleText } from 'node:util';
import { words } from '../catalog/names.ts';
import { shortId } from '../references.ts';
import { toDisplay, toText } from './cells.ts';
import { layOut } from './layout.ts';
import type { Row, TableStyle, Target } from './result.ts';
import { toVisible, toVisibleLines } from './sanitize.ts';

/** Rows under their column names. On a terminal it fits the width and dates are local; elsewhere nothing is cut. */
export function toTable(
  rows: readonly Row[],
  columns: readonly string[],
  target: Target & TableStyle,
): Promise<string> {
  const { shortIds, output } = target;
  const head = columns.map((column) => words(column).toUpperCase());
  const show = output.isTTY ? toDisplay : toText;
  const cells = rows.map((row) =>
    columns.map((column) => {
      const isShort = shortIds && output.isTTY && column === 'id';
      return toVisible(isShort ? shortId(String(row.id)) : show(row[column]));
    }),
  );
  return layOut([emphasize(head, target), ...cells], { ...target, wordWrap: false });
}

/** The fields of one record below each other; long text takes several lines. */
export function toRecord(row: Row, target: Target): Promise<string> {
  const show = target.output.isTTY ? toDisplay : toText;
  const names = emphasize(Object.keys(row).map(words), target);
  const values = Object.values(row).map((value) => toVisibleLines(show(value)).replaceAll('\t', '  '));
  const lines = names.map((name, at) => [name, values[at] ?? '']);
  return layOut(lines, { ...target, wordWrap: true });
}

/** Names of fields are bold where that is wanted. */
const emphasize = (names: readonly string[], { hasStyle }: Target): string[] =>
  names.map((name) => (hasStyle ? styleText('bold', name, { validateStream: false }) : name));
