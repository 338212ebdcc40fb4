import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A fenced block of a document. */
export interface Block {
  /** Where it is, for messages: `README.md:12`. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
  /** The HTML comment on the line before it: `check: commands`. */
  readonly directive: string | undefined;
}

/** All documents of the repository: those beside its sources, and all below docs, examples, deploy and packages. */
export function listDocuments(root: string): string[] {
  const entriesOf = (folder: string, recursive: boolean) =>
    readdirSync(join(root, folder), { withFileTypes: true, recursive })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const below = ['docs', 'examples', 'deploy', 'packages'].flatMap((folder) => entriesOf(folder, true));
  return [...entriesOf('.', false), ...below].filter((name) => !/(^|\/)(node_modules|dist)\//.test(name)).sort();
}

/** All fenced blocks of a document, also those in comments, which readers do not see; fails on one that is not closed. */
export function readBlocks(root: string, name: string): Block[] {
  const lines = readFileSync(join(root, name), 'utf8').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const language = /^\s*```(.*)$/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === '```');
    const place = `${name}:${at + 1}`;
    assert.ok(end > 0, `${place} is not closed`);
    const directive = /^\s*<!-- (.*) -->$/.exec(lines[at - 1] ?? '')?.[1];
    blocks.push({ place, language, code: lines.slice(at + 1, end).join('\n'), directive });
    at = end;
  }
  return blocks;
}

/** Stands in a document for what differs from run to run. */
const ANY = '…';

const squeeze = (line: string): string => line.trim().replaceAll(/\s+/g, ' ');

/** Compares what was printed with what a document shows, line by line; `…` stands for any word. */
export function assertPrinted(actual: string, { code, place }: Block): void {
  const [printed, shown] = [actual, code].map((text) => text.trim().split('\n').map(squeeze));
  assert.equal(printed?.length, shown?.length, `${place} shows another number of lines than:\n${actual}`);
  for (const [at, line] of (shown ?? []).entries()) {
    const words = line.split(' ');
    const found = (printed?.[at] ?? '').split(' ');
    const merged = words.map((word, index) => (word === ANY ? found[index] : word));
    assert.equal(found.join(' '), merged.join(' '), `${place}, line ${at + 1}`);
  }
}

/** Compares the answer with the JSON that a document shows; `"…"` stands for any string. */
export function assertAnswered(actual: string, { code, place }: Block): void {
  const merge = (shown: unknown, found: unknown): unknown => {
    if (shown === ANY) return typeof found === 'string' ? found : shown;
    if (Array.isArray(shown)) return shown.map((item, index) => merge(item, (found as unknown[])?.[index]));
    if (typeof shown !== 'object' || shown === null) return shown;
    const fields = Object.entries(shown).map(([name, value]) => [
      name,
      merge(value, (found as typeof shown)?.[name as never]),
    ]);
    return Object.fromEntries(fields);
  };
  const found: unknown = parseAnswer(actual);
  assert.deepEqual(found, merge(JSON.parse(code), found), place);
}

/** What was printed is one value, over several lines, or its last line is one. */
function parseAnswer(printed: string): unknown {
  try {
    return JSON.parse(printed);
  } catch {
    return JSON.parse(printed.trim().split('\n').at(-1) ?? '');
  }
}
