import { plainText, type SampleContext, sample } from './samples.ts';
import { resolve, type Schema } from './schema.ts';

/** A value, what it is, and the schema whose end it is at. */
export interface Boundary {
  readonly schema: Schema;
  readonly value: unknown;
  readonly kind: string;
}

/** Values at the ends of what a schema allows, and just beyond them. */
export function boundariesOf(context: SampleContext, schema: Schema): Boundary[] {
  const inner = (schema.anyOf ?? []).flatMap((option) => boundariesOf(context, resolve(context.root, option)));
  const { minLength, maxLength, minimum, maximum, maxItems, uniqueItems, items } = schema;
  const text = (length: number, kind: string) => ({ schema, value: plainText(context.random, length), kind });
  const number = (value: number, kind: string) => ({ schema, value, kind });
  const list = (length: number, kind: string) => ({
    schema,
    value: Array.from({ length }, () => (items?.format === 'uuid' ? context.random.uuid() : 'x')),
    kind,
  });
  const found = [
    ...(minLength !== undefined ? [text(minLength, 'shortest'), text(minLength - 1, 'too short')] : []),
    ...(maxLength !== undefined ? [text(maxLength, 'longest'), text(maxLength + 1, 'too long')] : []),
    ...(minimum !== undefined ? [number(minimum, 'smallest'), number(minimum - 1, 'too small')] : []),
    ...(maximum !== undefined ? [number(maximum, 'largest'), number(maximum + 1, 'too large')] : []),
    ...(maxItems !== undefined ? [list(maxItems, 'most items'), list(maxItems + 1, 'too many items')] : []),
    ...(uniqueItems ? [{ schema, value: Array(2).fill(context.account.tagId), kind: 'one tag twice' }] : []),
    ...inner,
  ];
  return found.length > 0 ? found : [{ schema, value: sample(context, '', schema), kind: 'another value' }];
}
