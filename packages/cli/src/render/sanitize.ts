/** Marks that reorder text, and the line ends that JSON does not escape: what lets data lie about itself. */
const MARKS = '\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
// Built from strings: control characters in a literal would be invisible.
const UNSAFE = new RegExp(`[\\u0000-\\u001f\\u007f-\\u009f${MARKS}]`, 'g');
const UNSAFE_IN_JSON = new RegExp(`[\\u007f-\\u009f${MARKS}]`, 'g');

const escapeCharacter = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text that may go to a terminal: every control character shows as its escape. */
export const toVisible = (text: string): string => text.replace(UNSAFE, escapeCharacter);

/** The same for text of several lines: line ends and tabs stay. */
export const toVisibleLines = (text: string): string =>
  text.replace(UNSAFE, (character) =>
    character === '\n' || character === '\t' ? character : escapeCharacter(character),
  );

/** The same for JSON, which stays the same value: it has escapes of its own. */
export const toVisibleJson = (json: string): string => json.replace(UNSAFE_IN_JSON, escapeCharacter);

/** True for text that would not be the same value in YAML once its control characters are escaped. */
export const isUnsafe = (text: string): boolean => toVisibleLines(text) !== text || text.includes('\t');
