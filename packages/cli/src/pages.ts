import type { CommandSpec } from './catalog/command-spec.ts';
import type { CallOperation } from './references.ts';
import type { Row } from './render/result.ts';

/** How far a list reaches, in the fields that operations with pages share. */
export interface Pagination {
  readonly page?: number | null;
  readonly total?: number | null;
  readonly totalPages?: number | null;
  readonly nextCursor?: string | null;
}

/** Items of a list, and where the next page begins. */
export interface Items {
  readonly items: readonly Row[];
  readonly pagination?: Pagination;
}

interface Pages {
  readonly call: CallOperation;
  readonly spec: CommandSpec;
  readonly input: Record<string, unknown>;
  /** Reads no more than this many pages. */
  readonly maxPages?: number;
}

const PAGE_SIZE = 100;

/** True for a list that comes in pages. */
export const hasPages = ({ output, fields }: CommandSpec): boolean => output.kind === 'list' && 'limit' in fields;

/** True for a list whose operation knows no order: what is shown can be sorted. */
export const isSorted = ({ output, fields }: CommandSpec): boolean => output.kind === 'list' && !('sort' in fields);

/** One page of a list, the one that the input asks for. */
export async function readPage({ call, spec, input }: Pages): Promise<Items> {
  const result = await call(spec.id, input);
  const items = spec.output.kind === 'list' ? (result[spec.output.key] as Row[]) : [];
  return result.pagination ? { items, pagination: result.pagination as Pagination } : { items };
}

/** All pages of a list as one, from the one that the input asks for. */
export async function readPages(pages: Pages): Promise<Items> {
  const items: Row[] = [];
  for await (const page of eachPage(pages)) items.push(...page.items);
  return { items };
}

/** The pages of a list, from the one that the input asks for; each is read when it is asked for. */
export async function* eachPage({ maxPages = Number.POSITIVE_INFINITY, ...pages }: Pages): AsyncGenerator<Items> {
  const { spec, input } = pages;
  if (!hasPages(spec)) {
    yield readPage(pages);
    return;
  }
  let next: Record<string, unknown> | undefined = {
    limit: PAGE_SIZE,
    ...('count' in spec.fields && { count: false }),
    ...input,
  };
  for (let read = 0; next && read < maxPages; read += 1) {
    const page: Items = await readPage({ ...pages, input: next });
    yield page;
    next = followingPage(next, page.pagination);
  }
}

/** The input of the page that follows, by cursor where the list has cursors; undefined after the last one. */
export function followingPage(
  input: Record<string, unknown>,
  pagination?: Pagination,
): Record<string, unknown> | undefined {
  const { page, totalPages, nextCursor } = pagination ?? {};
  const { page: _page, ...others } = input;
  if (nextCursor) return { ...others, cursor: nextCursor };
  if (nextCursor === null || !page || !totalPages || page >= totalPages) return undefined;
  return { ...others, page: page + 1 };
}
