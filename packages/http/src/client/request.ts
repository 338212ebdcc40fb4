import type { Route } from './route-table.ts';

/** A request but for what differs from one attempt to the next. */
export interface RequestParts {
  /** Below the server's URL. */
  readonly path: string;
  readonly body: string | undefined;
}

/** 128 random bits. `crypto.randomUUID` does not exist on pages that came over plain HTTP. */
export const randomId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Puts the fields of an input where the operation wants them. */
export function createRequest({ method, path, query }: Route, input: object): RequestParts {
  const params = new Set(path.match(/(?<=:)\w+/g));
  const fields = Object.entries(input).filter(([, value]) => value !== undefined);
  const isInQuery = (name: string) => method === 'GET' || query?.includes(name) === true;
  const others = fields.filter(([name]) => !params.has(name));
  const inQuery = others.filter(([name]) => isInQuery(name));
  const inBody = others.filter(([name]) => !isInQuery(name));
  const search = new URLSearchParams();
  for (const [name, value] of inQuery) for (const item of [value].flat()) search.append(name, toText(item));
  const values = new Map(fields);
  const address = path.replace(/:(\w+)/g, (_all, name: string) => toSegment(values.get(name)));
  return {
    path: inQuery.length > 0 ? `${address}?${search}` : address,
    body: inBody.length > 0 ? JSON.stringify(Object.fromEntries(inBody), keepInvalid) : undefined,
  };
}

const toText = (value: unknown): string =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : String(value);

/** Empty segments and dots would change which address is called; in their place stands an id that nothing has. */
function toSegment(value: unknown): string {
  const text = toText(value ?? '').toWellFormed();
  return /^\.{0,2}$/.test(text) ? '-' : encodeURIComponent(text);
}

/** JSON would make `null` of these, which clears a field; as text the server refuses them by name. */
function keepInvalid(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const given = this[key];
  if (given instanceof Date) return toText(given);
  return typeof given === 'number' && !Number.isFinite(given) ? String(given) : value;
}
