import { styleText } from 'node:util';
import Table from 'cli-table3';
import { words } from '../catalog/names.ts';
import { shortId } from '../references.ts';
import { toDisplay, toText } from './cells.ts';
import type { Row, TableStyle, Target } from './result.ts';
import { toVisible, toVisibleLines } from './sanitize.ts';

const GAP = 2;
const MIN_WIDTH = 8;
const ELLIPSIS = '…';

const SIDES = ['top', 'bottom', 'left', 'right', 'mid', 'middle'];
const CORNERS = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'];
const CROSSINGS = ['left-mid', 'mid-mid', 'right-mid'];
const NO_LINES = Object.fromEntries([...SIDES, ...CORNERS, ...CROSSINGS].map((place) => [place, '']));

/** Rows under their column names. On a terminal it fits the width and dates are local; elsewhere nothing is cut. */
export function toTable(rows: readonly Row[], columns: readonly string[], target: Target & TableStyle): string {
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
export function toRecord(row: Row, target: Target): string {
  const show = target.output.isTTY ? toDisplay : toText;
  const names = emphasize(Object.keys(row).map(words), target);
  const values = Object.values(row).map((value) => toVisibleLines(show(value)).replaceAll('\t', '  '));
  const lines = names.map((name, at) => [name, values[at] ?? '']);
  return layOut(lines, { ...target, wordWrap: true });
}

/** Names of fields are bold where that is wanted. */
const emphasize = (names: readonly string[], { hasStyle }: Target): string[] =>
  names.map((name) => (hasStyle ? styleText('bold', name, { validateStream: false }) : name));

interface Layout extends Target {
  readonly wordWrap: boolean;
}

function layOut(rows: readonly (readonly string[])[], { output, wordWrap }: Layout): string {
  const natural = draw(rows, { widths: [], wordWrap });
  const { isTTY, columns: available = 80 } = output;
  const { text } = isTTY ? draw(rows, { widths: fit(natural.widths, available), wordWrap }) : natural;
  return `${text.replace(/ +$/gm, '')}\n`;
}

function draw(rows: readonly (readonly string[])[], options: { widths: readonly number[]; wordWrap: boolean }) {
  const table = new Table({
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [], compact: true },
    truncate: ELLIPSIS,
    wordWrap: options.wordWrap,
    colWidths: [...options.widths],
  });
  table.push(...rows.map((cells) => [...cells]));
  const text = table.toString();
  return { text, widths: (table.options.colWidths ?? []).map((width) => width ?? 0) };
}

/** Takes from the widest column until the table fits, or until nothing can give way; never adds anything. */
function fit(natural: readonly number[], available: number): readonly number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, width) => sum + width, -GAP);
  while (total() > available) {
    const widest = Math.max(...widths);
    if (widest <= MIN_WIDTH) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}
