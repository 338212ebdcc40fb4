import { failCli } from '../failures.ts';

/** The text of one object, and the line that it begins in. */
export interface JsonText {
  readonly text: string;
  readonly line: number;
}

const MAX_CHARACTERS = 16_777_216;
const TOKEN = /["\\{}[\],\n]|[^\s"\\{}[\],]+/g;

/** Where the reader is. */
interface State {
  line: number;
  /** The line of the object under way. */
  start: number;
  depth: number;
  isInText: boolean;
  isEscaped: boolean;
  /** How far the list around the objects is; there may be none. */
  list: 'none' | 'open' | 'closed';
  /** True after an object of a list, until its comma. */
  needsComma: boolean;
  hasObjects: boolean;
}

/**
 * Splits text into the objects that it holds, in a list or one after the other, without keeping more than one. What is
 * in an object is for `JSON.parse` to judge.
 */
export async function* readJsonTexts(chunks: AsyncIterable<string>): AsyncGenerator<JsonText> {
  const state: State = {
    line: 1,
    start: 1,
    depth: 0,
    isInText: false,
    isEscaped: false,
    list: 'none',
    needsComma: false,
    hasObjects: false,
  };
  let pending = '';
  for await (const chunk of chunks) {
    let from = 0;
    for (const { 0: token, index } of chunk.matchAll(TOKEN)) {
      const wasOutside = state.depth === 0;
      step(state, token);
      if (wasOutside && state.depth === 1) from = index;
      if (wasOutside || state.depth > 0) continue;
      yield { text: pending + chunk.slice(from, index + 1), line: state.start };
      pending = '';
    }
    if (state.depth > 0) pending += chunk.slice(from);
    if (pending.length > MAX_CHARACTERS) failText(state.start, 'a task without an end');
  }
  if (state.depth > 0 || state.list === 'open') failText(state.line, 'the file ends in the middle');
}

function step(state: State, token: string): void {
  const { isEscaped } = state;
  state.isEscaped = state.isInText && token === '\\' && !isEscaped;
  if (token === '\n') state.line += 1;
  else if (state.isInText) state.isInText = token !== '"' || isEscaped;
  else if (state.depth === 0) stepOutside(state, token);
  else if (token === '"') state.isInText = true;
  else if (token === '{' || token === '[') state.depth += 1;
  else if (token === '}' || token === ']') state.depth -= 1;
}

function stepOutside(state: State, token: string): void {
  const { list, needsComma, hasObjects } = state;
  if (token === '{' && list !== 'closed' && !needsComma) {
    Object.assign(state, { depth: 1, start: state.line, needsComma: list === 'open', hasObjects: true });
  } else if (token === '[' && list === 'none' && !hasObjects) state.list = 'open';
  else if (token === ']' && list === 'open' && (needsComma || !hasObjects)) state.list = 'closed';
  else if (token === ',' && list === 'open' && needsComma) state.needsComma = false;
  else failText(state.line, `"${token.slice(0, 20)}" where a task was expected`);
}

const failText = (line: number, what: string): never =>
  failCli('cli.usage', `This is no JSON of tasks: line ${line}: ${what}`);
