import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { testDatabase } from '../support/database.ts';
import { checkCommands } from './commands.ts';
import { assertAnswered, assertPrinted, type Block } from './markdown.ts';
import type { Playground } from './playground.ts';
import { COMPILED, type Programs } from './programs.ts';

/** What blocks of a document run with. */
export interface Stage {
  readonly root: string;
  /** Opened for the first block that needs it. */
  playground(): Promise<Playground>;
  readonly programs: Programs;
}

type Outcome = string | undefined;
/** What a block printed, or nothing if it did not run. `printed` is what the one before it did. */
type Follow = (block: Block, stage: Stage, printed: Outcome) => Outcome | Promise<Outcome>;

const NOT_RUN = /^not run: \S.{9,}$/;

/** How blocks are executed, or checked, by their language. */
const LANGUAGES: Readonly<Record<string, Follow>> = {
  sh: async ({ code }, stage) => (await stage.playground()).shell(code),
  ts: async (block, { programs, playground }) => {
    const usesServer = block.code.includes('localhost:3000');
    return programs.run(block, usesServer ? (await playground()).origin : '');
  },
  text: (block, _stage, printed) => {
    assertPrinted(printed ?? assert.fail(`${block.place}: nothing was printed before it`), block);
    return printed;
  },
  json: (block, _stage, printed) => {
    if (printed === undefined) JSON.parse(block.code);
    else assertAnswered(printed, block);
    return printed;
  },
  ndjson: (block, _stage, printed) => {
    assertLines(block, printed ?? block.code);
    return printed;
  },
  yaml: ({ code }) => void parse(code),
  ini: ({ code, place }) => {
    const wrong = code.split('\n').filter((line) => !/^(\[\w+\]|[;#].*|\w+ = \S.*)?$/.test(line));
    assert.deepEqual(wrong, [], place);
    return undefined;
  },
  sql: async ({ code }) => {
    const { db } = await testDatabase();
    await db.raw(code);
    return undefined;
  },
};

/** Says what is done with a block instead of that. */
const DIRECTIVES: readonly (readonly [RegExp, readonly string[], Follow])[] = [
  [/^new program$/, ['ts'], (block, stage, printed) => LANGUAGES.ts?.(block, stage, printed)],
  [COMPILED, ['ts'], () => undefined],
  [/^check: commands$/, ['sh'], async (block, { root }) => void (await checkCommands(block, root))],
  [/^check: paths$/, ['text'], (block, { root }) => assertPaths(block, root)],
  [NOT_RUN, ['sh', 'text', 'http'], () => undefined],
];

/** Each line has the fields of the same line of what was printed; values and further lines are not compared. */
function assertLines({ code, place }: Block, printed: string): void {
  const fieldsOf = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line)));
  const [shown, found] = [fieldsOf(code), fieldsOf(printed)];
  assert.deepEqual(found.slice(0, shown.length), shown, place);
}

/** A tree: a line begins with paths, and ends with two spaces and what they hold; deeper lines are in the folder above. */
function assertPaths({ code, place }: Block, root: string): undefined {
  const folders: { readonly depth: number; readonly path: string }[] = [];
  for (const line of code.split('\n')) {
    const depth = line.length - line.trimStart().length;
    const words = line.trim().split('  ')[0]?.split(' ') ?? [];
    // Text alone is what the line before goes on with.
    if (!words.every((word) => /^[\w-]+[./][\w./-]*$/.test(word))) continue;
    while ((folders.at(-1)?.depth ?? -1) >= depth) folders.pop();
    const parent = folders.at(-1)?.path ?? '';
    for (const word of words) assert.ok(existsSync(join(root, parent, word)), `${place}: there is no ${parent}${word}`);
    folders.push({ depth, path: join(parent, words.at(-1) ?? '') });
  }
  return undefined;
}

/** Does with one block what its directive or its language asks for; fails on a block that nothing claims. */
export const followBlock: Follow = (block, stage, printed) => {
  const { directive, language, place } = block;
  const unknown: Follow = () =>
    assert.fail(`${place}: no test knows what to do with this block; CONTRIBUTING.md says how one claims it`);
  if (directive === undefined) return (LANGUAGES[language] ?? unknown)(block, stage, printed);
  const [, , follow] =
    DIRECTIVES.find(([pattern, languages]) => pattern.test(directive) && languages.includes(language)) ?? [];
  return (follow ?? unknown)(block, stage, printed);
};
