import type { Target } from './result.ts';

interface Layout extends Target {
  /** Long text takes several lines where it does not fit; otherwise it is cut. */
  readonly wordWrap: boolean;
}

/** Blanks between two columns. */
export const GAP = 2;
const STYLES = new RegExp(`${String.fromCodePoint(0x1b)}\\[\\d+m`, 'g');
const PLAIN = /^[ -~]*$/;

/** Rows as lines of text, their columns below each other; on a terminal it fits the width. */
export async function layOut(
  rows: readonly (readonly string[])[],
  { output, isWide, wordWrap }: Layout,
): Promise<string> {
  const available = output.isTTY && !isWide ? (output.columns ?? 80) : Number.POSITIVE_INFINITY;
  const text = layOutPlain(rows, available) ?? (await import('./drawing.ts')).draw(rows, { available, wordWrap });
  return `${text.replace(/ +$/gm, '')}\n`;
}

/**
 * Most tables are of characters that all have the width of one, and fit: they need no library that measures every
 * character, which takes longer to load and to warm up than the query did. Undefined for any other table.
 */
export function layOutPlain(rows: readonly (readonly string[])[], available: number): string | undefined {
  const lengths = rows.map((row) => row.map(lengthOf));
  const widths = (lengths[0] ?? []).map((_, at) => Math.max(...lengths.map((row) => row[at] ?? 0)) + GAP);
  const total = widths.reduce((sum, width) => sum + width, -GAP);
  // Anything else makes NaN of its column and so of the sum.
  if (!(total <= available)) return undefined;
  const pad = (cell: string, row: number, at: number) =>
    cell + ' '.repeat((widths[at] ?? 0) - (lengths[row]?.[at] ?? 0));
  return rows.map((cells, row) => cells.map((cell, at) => pad(cell, row, at)).join('')).join('\n');
}

/** Characters that are seen; NaN where they may be wider or narrower than one. */
function lengthOf(cell: string): number {
  const seen = cell.replace(STYLES, '');
  return PLAIN.test(seen) ? seen.length : Number.NaN;
}
