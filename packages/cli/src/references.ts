import type { OperationId } from '@taskapp/core';
import type { CommandSpec } from './catalog/command-spec.ts';
import { failCli } from './failures.ts';
import { findNear } from './near.ts';
import { readPages } from './pages.ts';
import type { Row } from './render/result.ts';

/** Runs another operation as the actor of the command. */
export type CallOperation = (
  id: OperationId,
  input: Record<string, unknown>,
  facts?: CallFacts,
) => Promise<Record<string, unknown>>;

/** What a call may say besides its input. */
export interface CallFacts {
  /** The version that the resource must still have. */
  readonly ifMatch?: number;
}

/** Where the things that a field names are listed, and what they may be called instead of their id. */
export interface Reference {
  readonly list: OperationId;
  /** The field that shows people which one it is. */
  readonly label: string;
  /** A field whose value names an item, whatever its case. */
  readonly by?: string;
  /** An input of `list` that finds a text of this form among any number of items. */
  readonly filter?: { readonly field: string; readonly when: RegExp };
  /** More input for `list`, from the input of the command. */
  readonly scope?: (call: CallOperation, input: Record<string, unknown>) => Promise<Record<string, unknown>>;
}

type Item = Row & { readonly id: string };

/** The description of an operation. */
export type SpecOf = (id: OperationId) => CommandSpec;

interface Lookup {
  readonly call: CallOperation;
  readonly specOf: SpecOf;
}

interface Wanted {
  readonly text: string;
  readonly reference: Reference;
  readonly input: Record<string, unknown>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PART_OF_ID = /^[0-9a-f-]{4,}$/i;
const MAX_PAGES = 10;

/** The characters of an id that lists show: the last ones, since ids made at about the same time begin alike. */
export const shortId = (id: string): string => id.slice(-8);

/**
 * Puts ids where names or parts of ids were given. What names nothing stays in a path, where the operation answers
 * that it does not exist; anywhere else it is refused here.
 */
export async function resolveReferences(
  given: Record<string, unknown>,
  references: Readonly<Record<string, Reference>>,
  { spec, ...lookup }: Lookup & { readonly spec: CommandSpec },
): Promise<Record<string, unknown>> {
  const input = { ...given };
  for (const [name, reference] of Object.entries(references)) {
    const value = input[name];
    if (value === undefined) continue;
    const ids: string[] = [];
    for (const text of [value].flat() as string[]) {
      const { id, near } = await findId({ text, reference, input }, lookup);
      if (id === undefined && !spec.params.includes(name)) failUnknown(name, text, near);
      ids.push(id ?? text);
    }
    input[name] = Array.isArray(value) ? ids : ids[0];
  }
  return input;
}

function failUnknown(path: string, text: string, near: string | undefined): never {
  const question = near === undefined ? '' : `. Did you mean "${near}"?`;
  failCli('cli.usage', 'Validation failed', {
    problems: [{ path, message: `Nothing is called "${text}"${question}` }],
  });
}

/** What was found, and what may be meant where nothing was. */
interface Found {
  readonly id?: string | undefined;
  readonly near?: string | undefined;
}

async function findId({ text, reference, input }: Wanted, lookup: Lookup): Promise<Found> {
  if (UUID.test(text)) return { id: text };
  const { filter } = reference;
  const isFiltered = filter?.when.test(text) ?? false;
  const scope = (await reference.scope?.(lookup.call, input)) ?? {};
  const narrowed = { ...scope, ...(filter && isFiltered && { [filter.field]: text }) };
  const items = await listItems(reference, narrowed, lookup);
  const matches = isFiltered ? items : matchItems(items, text, reference.by);
  if (matches.length > 1) failAmbiguous(text, matches, reference.label);
  if (matches[0]) return { id: matches[0].id };
  const { by } = reference;
  return by === undefined
    ? {}
    : {
        near: findNear(
          text,
          items.map((item) => String(item[by])),
        ),
      };
}

/** A name wins over a part of an id: a tag may be called "beef". */
function matchItems(items: readonly Item[], text: string, by: string | undefined): readonly Item[] {
  const wanted = text.normalize('NFC').toLowerCase();
  const named = by ? items.filter((item) => String(item[by]).toLowerCase() === wanted) : [];
  if (named.length > 0 || !PART_OF_ID.test(text)) return named;
  return items.filter(({ id }) => id.startsWith(wanted) || id.endsWith(wanted));
}

function failAmbiguous(text: string, matches: readonly Item[], label: string): never {
  const candidates = matches.slice(0, 10).map((item) => `  ${item.id}  ${String(item[label] ?? '')}`);
  failCli('cli.usage', `"${text}" fits several`, { hint: ['Give more of the id:', ...candidates].join('\n') });
}

/** The first thousand at most: whoever has more gives the whole id of an older one. */
async function listItems(
  { list }: Reference,
  input: Record<string, unknown>,
  { call, specOf }: Lookup,
): Promise<Item[]> {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const { items } = await readPages({ call, spec: specOf(list), input: given, maxPages: MAX_PAGES });
  return items as Item[];
}
