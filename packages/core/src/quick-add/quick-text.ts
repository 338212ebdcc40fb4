import type { TaskPriority } from '../tasks/tasks.contract.ts';
import { findDuePhrase, type Reader, type Stretch } from './due-phrase.ts';

/** A task as a line of text describes it. */
export interface QuickTask {
  /** What is left of the text; empty where nothing is. */
  readonly title: string;
  readonly description: string | null;
  readonly priority: TaskPriority | null;
  readonly dueDate: Date | null;
  /** Names, each once whatever its case. */
  readonly tags: readonly string[];
  /** What was understood, in the order of the text. */
  readonly parts: readonly QuickPart[];
}

/** A piece of the text and the field that it was understood as. */
export interface QuickPart {
  readonly field: 'description' | 'priority' | 'dueDate' | 'tags';
  readonly text: string;
}

/** A piece that was found: part of a field, or text to be taken literally. */
interface Piece extends Stretch {
  readonly field?: QuickPart['field'];
  readonly value: string;
}

const TOKEN = new RegExp(
  [
    String.raw`\\(?<word>\S+)`,
    String.raw`"(?<quoted>[^"]*)"(?=\s|$|[.,;:!?)])`,
    String.raw`#"(?<longTag>[^"]{1,50})"(?=\s|$)`,
    String.raw`#(?<tag>(?=[\p{N}_-]*\p{L})[\p{L}\p{M}\p{N}_-]{1,50})(?=\s|$|[.,;:!?)])`,
    String.raw`!(?<priority>low|medium|high|urgent)(?=\s|$)`,
    String.raw`(?<level>p[1-4])(?=\s|$)`,
    '//(?<description>.*)$',
  ]
    .map((pattern) => `(?<=^|\\s)${pattern}`)
    .join('|'),
  'giu',
);

const LEVELS: Readonly<Record<string, TaskPriority>> = { p1: 'URGENT', p2: 'HIGH', p3: 'MEDIUM', p4: 'LOW' };
const MAX_TAGS = 20;
/** Stands for text that must not be taken for anything. */
const LITERAL = '\uFFFC';

/**
 * Reads a line like `Pay rent tomorrow 9am #home !high // by bank transfer`. Tags are `#name` or `#"two words"`, priorities
 * `!high` or `p1` to `p4`, of which the last counts; a description follows `//`; a date may be anywhere. A backslash keeps the
 * next word as it is, double quotes all between them. Whatever is not understood stays in the title.
 */
export async function readQuickText(text: string, reader: Reader): Promise<QuickTask> {
  const pieces = findPieces(text);
  const due = await findDuePhrase(mask(text, pieces), reader);
  const duePieces = (due?.stretches ?? []).map(
    (stretch): Piece => ({ ...stretch, field: 'dueDate', value: text.slice(stretch.start, stretch.end).trim() }),
  );
  const all = [...pieces, ...duePieces].sort((a, b) => a.start - b.start);
  const valuesOf = (field: QuickPart['field']) =>
    all.filter((piece) => piece.field === field).map(({ value }) => value);
  return {
    title: titleOf(text, all),
    description: valuesOf('description')[0]?.trim() || null,
    priority: priorityOf(valuesOf('priority').at(-1)),
    dueDate: due?.dueDate ?? null,
    tags: distinct(valuesOf('tags')),
    parts: all.flatMap(({ field, start, end }) => (field ? [{ field, text: text.slice(start, end).trim() }] : [])),
  };
}

function findPieces(text: string): Piece[] {
  const seen = new Set<string>();
  return [...text.matchAll(TOKEN)].flatMap((match) => {
    const { word, quoted, longTag, tag = longTag, priority, level = priority, description } = match.groups ?? {};
    const at = { start: match.index, end: match.index + match[0].length };
    if (word !== undefined) return [{ ...at, value: word }];
    if (quoted !== undefined) return [{ ...at, value: match[0] }];
    if (description !== undefined) return [{ ...at, field: 'description' as const, value: description }];
    if (level !== undefined) return [{ ...at, field: 'priority' as const, value: level }];
    const name = tag?.trim().normalize('NFC') ?? '';
    if (name === '' || (seen.size === MAX_TAGS && !seen.has(name.toLowerCase()))) return [];
    seen.add(name.toLowerCase());
    return [{ ...at, field: 'tags' as const, value: name }];
  });
}

/** As long as the text, with nothing in it that has been understood or is literal. */
function mask(text: string, pieces: readonly Piece[]): string {
  let masked = text;
  for (const { start, end, field } of pieces) {
    masked = masked.slice(0, start) + (field ? ' ' : LITERAL).repeat(end - start) + masked.slice(end);
  }
  return masked;
}

function titleOf(text: string, pieces: readonly Piece[]): string {
  let title = '';
  let at = 0;
  for (const { start, end, field, value } of pieces) {
    if (start > at) title += text.slice(at, start);
    title += field ? ' ' : value;
    at = Math.max(at, end);
  }
  title = (title + text.slice(at)).replace(/\s+/g, ' ').trim();
  if (pieces.some(({ field }) => field)) title = title.replace(/[,;]$/, '').trimEnd();
  // Quotes around all of it were only there to keep it as it is.
  return /^"[^"]+"$/.test(title) ? title.slice(1, -1).trim() : title;
}

const priorityOf = (word: string | undefined): TaskPriority | null =>
  word === undefined ? null : (LEVELS[word.toLowerCase()] ?? (word.toUpperCase() as TaskPriority));

const distinct = (names: readonly string[]): string[] =>
  [...new Map([...names].reverse().map((name) => [name.toLowerCase(), name])).values()].reverse();
