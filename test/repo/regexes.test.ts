import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { parseObject } from '../../packages/http/src/json.ts';

const root = fileURLToPath(new URL('../../packages/', import.meta.url));
/** A literal after something that a value may follow; Biome keeps the sources in a form that this finds. */
const LITERAL =
  /(?<=[=(,:?]\s*|\breturn )\/(?![*/])((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)(?=[.,;)\s])/g;

/** Starts, repetitions and ends that make patterns try again. */
const STARTS = ['', 'a', '"', '"a"', 'W/"a"', 'Bearer ', 'a://', '{"table":"a","row":{', '%', '$2a$10$', '1', ', '];
const PIECES = ['a', 'A', '0', ' ', '\t', '"', '\\', '.', '-', ',', '/', '@', ':', '=', '%', '_', '{', 'é', '\n'];
const PAIRS = ['a.', 'a,', '","', '"a",', ' ,', 'a@', 'a-', '://', 'a ', '\\"', '\\a', 'W/', '1.', 'a\n'];
const ENDS = ['', '!', '\u0000', '"', '\n!'];
const LENGTHS = [25, 36, 500, 16_384];
const MAX_MS = 60;

/** Patterns that are slow for some texts, and why they never get one. */
const EXEMPT: readonly (readonly [pattern: string, why: string])[] = [
  ['core/src/migrations.ts: /\\.\\w+$/', 'gets the names of our own files'],
  ['http/src/openapi-errors.ts: /\\W/g', 'gets the phrases that Node has for statuses'],
  ['http/src/json.ts: ', 'gets text that is known to be JSON, in which no quote is left open: see below'],
  ['cli/src/render/layout.ts: / +$/gm', 'gets rows of a table: a cell of 5,000 spaces takes 15 ms'],
];

function readPatterns(): Map<string, RegExp> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^\w+\/src\/.*\.ts$/.test(file),
  );
  const literals = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(LITERAL)].map(
      ([, source = '', flags = '']): [string, RegExp] => [`${file}: /${source}/${flags}`, new RegExp(source, flags)],
    ),
  );
  return new Map([...literals, ['zod: e-mail', z.regexes.email], ['zod: date', z.regexes.datetime({ offset: true })]]);
}

/** The time of the slowest attempt, in milliseconds; stops at the first that is too slow. */
function slowest(pattern: RegExp, length: number): number {
  let worst = 0;
  for (const piece of [...PIECES, ...PAIRS]) {
    const middle = piece.repeat(Math.ceil(length / piece.length));
    for (const start of STARTS) {
      for (const end of ENDS) {
        const started = performance.now();
        `${start}${middle}${end}`.replace(pattern, '');
        worst = Math.max(worst, performance.now() - started);
        if (worst > MAX_MS) return worst;
      }
    }
  }
  return worst;
}

test('no regular expression takes long, whatever it is given (ReDoS)', () => {
  const patterns = readPatterns();
  assert.ok(patterns.size > 60, `only ${patterns.size} patterns were found`);
  // Whatever else the machine does may have been measured, so what is slow has to be slow twice.
  const isSlow = (pattern: RegExp, length: number) =>
    slowest(pattern, length) > MAX_MS && slowest(pattern, length) > MAX_MS;
  const suspects = [...patterns].filter(([name]) => !EXEMPT.some(([start]) => name.startsWith(start)));
  const slow = suspects.flatMap(([name, pattern]) => {
    const length = LENGTHS.find((length) => isSlow(pattern, length));
    return length === undefined ? [] : [`${name}: more than ${MAX_MS} ms for ${length} characters`];
  });
  assert.deepEqual(slow, []);
});

test('JSON is walked over in a time that grows with its length alone', () => {
  const length = 1_000_000;
  const texts = {
    escapes: `{"a":"${'\\"'.repeat(length / 2)}"}`,
    backslashes: `{"a":"${'\\\\'.repeat(length / 2)}"}`,
    spaces: `{"a"${' '.repeat(length)}:1}`,
    'spaces behind strings': `{"a":["x"${' '.repeat(length)},"y"]}`,
    structure: `{"a":"${'{[,]}'.repeat(length / 5)}"}`,
    members: `{"a":[${'"x",'.repeat(length / 4)}"x"]}`,
  };
  for (const [name, text] of Object.entries(texts)) {
    const started = performance.now();
    parseObject(text);
    assert.ok(performance.now() - started < 500, name);
  }
});
