import type * as z from 'zod';

/** A result that is already JSON: transports send it as it is, library callers get it parsed. */
export class Serialized {
  readonly json: string;
  /** The version of the resource that it shows. */
  readonly version: number | undefined;
  /** Names the text, where something shorter than the text does: visible ASCII without quotes. */
  readonly tag: string | undefined;

  constructor(json: string, { version, tag }: { readonly version?: number; readonly tag?: string } = {}) {
    this.json = json;
    this.version = version;
    this.tag = tag;
  }
}

/** What library callers get of a result. */
export const toView = (output: z.ZodType | undefined, result: unknown): unknown => {
  if (!output) return undefined;
  return result instanceof Serialized ? revive(output, JSON.parse(result.json)) : output.parse(result);
};

type Def = {
  type: string;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  innerType?: z.ZodType;
};

/** Turns parsed JSON back into what `schema` describes: strings at the places of dates become `Date`s. */
export function revive(schema: z.ZodType, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  const def = schema._zod.def as unknown as Def;
  if (def.type === 'date') return new Date(value as string);
  if (def.type === 'array') return (value as unknown[]).map((item) => revive(def.element as z.ZodType, item));
  if (def.innerType) return revive(def.innerType, value);
  if (def.type !== 'object') return value;
  const fields = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(fields.map(([name, field]) => [name, reviveField(def.shape?.[name], field)]));
}

const reviveField = (schema: z.ZodType | undefined, value: unknown) => (schema ? revive(schema, value) : value);
