import Table from 'cli-table3';
import { GAP } from './layout.ts';

const MIN_WIDTH = 8;
const ELLIPSIS = '…';

const SIDES = ['top', 'bottom', 'left', 'right', 'mid', 'middle'];
const CORNERS = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'];
const CROSSINGS = ['left-mid', 'mid-mid', 'right-mid'];
const NO_LINES = Object.fromEntries([...SIDES, ...CORNERS, ...CROSSINGS].map((place) => [place, '']));

/** Rows as lines of text of any characters, whose widest columns give way until they are at most `available` wide. */
export function draw(
  rows: readonly (readonly string[])[],
  { available, wordWrap }: { readonly available: number; readonly wordWrap: boolean },
): string {
  const natural = drawTable(rows, { widths: [], wordWrap });
  if (available === Number.POSITIVE_INFINITY) return natural.text;
  return drawTable(rows, { widths: fit(natural.widths, available), wordWrap }).text;
}

function drawTable(rows: readonly (readonly string[])[], options: { widths: readonly number[]; wordWrap: boolean }) {
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
