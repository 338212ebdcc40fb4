import { type Boundary, boundariesOf } from './boundaries.ts';
import type { Operation } from './document.ts';
import { FOREIGN_KEYS, SWAPPED } from './foreign.ts';
import { type Field, fieldsOf, isWord, judge } from './judge.ts';
import { CANARY } from './log-capture.ts';
import { ALWAYS_GIVEN, type SampleContext, sample } from './samples.ts';
import { resolve } from './schema.ts';
import { NAUGHTY } from './strings.ts';

/** A request that was made up, and what must become of it. */
export interface Case {
  readonly operation: Operation;
  /** What was done to a valid request, for people. */
  readonly kind: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** `accept`: valid by the document; `reject`: not; `either`: valid, but the document does not tell all. */
  readonly expect: 'accept' | 'reject' | 'either';
  /** What the path and the headers carry besides what they have to. */
  readonly id?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where an accepted text has to come back. */
  readonly echo?: { readonly field: string; readonly text: string };
}

/** Makes up one request. */
export function createCase(context: SampleContext): Case {
  const { random } = context;
  const fields = fieldsOf(context);
  const field = fields.length > 0 ? random.pick(fields) : undefined;
  const dice = random.below(100);
  if (!field || dice < 20) return createValid(context, fields);
  if (dice < 40) return withNaughty(context, fields, field);
  if (dice < 65) return withSwapped(context, fields, field);
  if (dice < 78) return withBoundary(context, fields, field);
  return dice < 88 ? withoutField(context, fields, field) : withForeignKey(context, fields, field);
}

/** All required fields, and some of the others. */
export function createValid(context: SampleContext, fields: readonly Field[], kind = 'valid'): Case {
  const { random, operation } = context;
  const chosen = fields.filter(({ name, isRequired }) => isRequired || ALWAYS_GIVEN.has(name) || random.below(2) === 0);
  const put = (place: Field['place']) =>
    Object.fromEntries(
      chosen
        .filter((field) => field.place === place)
        .map(({ name, schema }) => [name, sample(context, name, schema)])
        .filter(([, value]) => value !== undefined),
    );
  return { operation, kind, query: put('query'), body: operation.body && put('body'), expect: 'accept' };
}

/** A valid request with one field replaced, judged by the document. */
function replace(
  context: SampleContext,
  fields: readonly Field[],
  { field, value, kind }: { field: Field; value: unknown; kind: string },
): Case {
  const valid = createValid(context, fields, `${kind} in ${field.place}.${field.name}`);
  const changed = { ...valid, [field.place]: { ...valid[field.place], [field.name]: value } };
  return { ...changed, expect: judge(context, changed, field) };
}

function withNaughty(context: SampleContext, fields: readonly Field[], field: Field): Case {
  return createNaughty(context, fields, { field, naughty: context.random.pick(NAUGHTY) });
}

/** A valid request with a text in one of its fields. */
export function createNaughty(
  context: SampleContext,
  fields: readonly Field[],
  { field, naughty: [kind, text] }: { field: Field; naughty: readonly [kind: string, text: string] },
): Case {
  const made = replace(context, fields, { field, value: text, kind });
  const expect =
    made.expect === 'accept' && isWord(context, field) ? 'accept' : made.expect === 'reject' ? 'reject' : 'either';
  return { ...made, expect, ...(field.place === 'body' && { echo: { field: field.name, text } }) };
}

const asText = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function withSwapped(context: SampleContext, fields: readonly Field[], field: Field): Case {
  const [kind, value] = context.random.pick(SWAPPED);
  return replace(context, fields, { field, value: field.place === 'query' ? asText(value) : value, kind });
}

function withBoundary(context: SampleContext, fields: readonly Field[], field: Field): Case {
  const { length } = boundariesOf(context, resolve(context.root, field.schema));
  return createBoundary(context, fields, { field, at: context.random.below(length) });
}

/** A valid request with one field at, or just beyond, the end of what its schema allows: the one at position `at`. */
export function createBoundary(
  context: SampleContext,
  fields: readonly Field[],
  { field, at }: { field: Field; at: number },
): Case {
  const boundary = boundariesOf(context, resolve(context.root, field.schema))[at] as Boundary;
  const { schema, value, kind } = boundary;
  // Text of a given length fits no other pattern than the plain one.
  const made = replace(context, fields, { field, value, kind });
  return schema.format || schema.pattern ? { ...made, expect: made.expect === 'reject' ? 'reject' : 'either' } : made;
}

function withoutField(context: SampleContext, fields: readonly Field[], field: Field): Case {
  const valid = createValid(context, fields, `without ${field.place}.${field.name}`);
  const { [field.name]: _left, ...rest } = (valid[field.place] ?? {}) as Record<string, unknown>;
  const expect = field.isRequired ? 'reject' : ALWAYS_GIVEN.has(field.name) ? 'either' : 'accept';
  return { ...valid, [field.place]: rest, expect };
}

function withForeignKey(context: SampleContext, fields: readonly Field[], { place }: Field): Case {
  const known = new Set(fields.map(({ name }) => name));
  const key = context.random.pick(FOREIGN_KEYS.filter((name) => !known.has(name)));
  const valid = createValid(context, fields, `foreign key ${place}.${key}`);
  return { ...valid, [place]: { ...valid[place], [key]: CANARY }, expect: 'reject' };
}
