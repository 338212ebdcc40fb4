const MAX_DEPTH = 16;
/** Members of an object in all, where the caller of `parseObject` says nothing else. */
const MAX_MEMBERS = 500;
const MAX_PROBLEMS = 20;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** A string (with the colon after it, if it is a key), or a character of structure. */
const TOKEN = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}[\],]/g;

/** A JSON object that is safe to work with, or what is wrong with it, one line each. */
export type ParsedObject = { readonly value: Record<string, unknown> } | { readonly problems: readonly string[] };

/**
 * Parses JSON more strictly than `JSON.parse`: the value is an object, at most 16 levels deep with at most `maxMembers`
 * in all, no key is given twice, and none is one that JavaScript gives a meaning to. A BOM is for the caller to drop.
 *
 * @throws SyntaxError when it is not JSON
 */
export function parseObject(text: string, maxMembers = MAX_MEMBERS): ParsedObject {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problems: ['body: Must be a JSON object'] };
  }
  const problems = findProblems(text, maxMembers);
  return problems.length > 0 ? { problems } : { value: value as Record<string, unknown> };
}

interface Level {
  readonly keys: Set<string>;
  /** The key, or the position in an array, of the member that is being read. */
  at: string | number;
}

/** Walks over text that is known to be JSON; a loop, because depth is one of the things that it limits. */
function findProblems(text: string, maxMembers: number): string[] {
  const problems: string[] = [];
  const levels: Level[] = [];
  let members = 0;
  for (const [token, key, colon] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[') levels.push({ keys: new Set(), at: token === '[' ? 0 : '' });
    else if (token === '}' || token === ']') levels.pop();
    else if (colon !== undefined && level) problems.push(...checkKey(level, key ?? '', levels));
    else if (token === ',' && typeof level?.at === 'number') level.at += 1;
    else continue;
    members += 1;
    if (levels.length > MAX_DEPTH) return [`body: Must not be nested more than ${MAX_DEPTH} levels deep`];
    if (members > maxMembers) return [`body: Must not have more than ${maxMembers} members`];
  }
  return problems.slice(0, MAX_PROBLEMS);
}

function checkKey(level: Level, raw: string, levels: readonly Level[]): string[] {
  const key = JSON.parse(`"${raw}"`) as string;
  const repeated = level.keys.has(key);
  level.keys.add(key);
  level.at = key;
  const path = ['body', ...levels.map(({ at }) => at)].join('.');
  if (FORBIDDEN.has(key)) return [`${path}: Unrecognized key`];
  return repeated ? [`${path}: Given more than once`] : [];
}
