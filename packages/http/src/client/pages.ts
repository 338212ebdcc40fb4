import type { CallOptions } from './options.ts';
import type { PageRoute } from './route-table.ts';

/** Fetches one page. */
export type ReadPage = (input: object, options?: CallOptions) => Promise<unknown>;

interface Page {
  readonly [items: string]: unknown;
  readonly pagination: {
    readonly page?: number | null;
    readonly totalPages?: number | null;
    readonly nextCursor?: string | null;
  };
}

/** Makes the two ways to read a list to its end. Nothing is fetched before it is asked for. */
export function createPages({ items, defaults }: PageRoute, readPage: ReadPage) {
  async function* pages(input: object = {}, options?: CallOptions): AsyncGenerator<Page> {
    let next: object | undefined = { ...defaults, ...input };
    while (next) {
      const page = (await readPage(next, options)) as Page;
      yield page;
      next = following(next, page);
    }
  }
  async function* all(input?: object, options?: CallOptions): AsyncGenerator<unknown> {
    for await (const page of pages(input, options)) yield* page[items] as unknown[];
  }
  return { pages, all };
}

/** The input of the page that follows, by cursor where the list has cursors; undefined after the last one. */
function following(input: object, { pagination }: Page): object | undefined {
  const { page, totalPages, nextCursor } = pagination;
  if (typeof nextCursor === 'string') return { ...input, page: undefined, cursor: nextCursor };
  if (nextCursor === null || !page || !totalPages || page >= totalPages) return undefined;
  return { ...input, page: page + 1 };
}
