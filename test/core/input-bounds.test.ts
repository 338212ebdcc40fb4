import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '@taskapp/core';
import * as z from 'zod';
import { defineContract } from '../../packages/core/src/kernel/contract.ts';
import { implement } from '../../packages/core/src/kernel/implement.ts';

interface Schema {
  readonly type?: string;
  readonly enum?: unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: Schema[];
  readonly items?: Schema;
  readonly properties?: Record<string, Schema>;
}

const FIXED_PATTERN = '^#[0-9a-fA-F]{6}$';

/** The places of a schema where a value may be as large as its sender likes. */
function unbounded(schema: Schema, path: string): string[] {
  const { type, items, properties = {}, anyOf = [] } = schema;
  const isText = type === 'string' && !schema.enum && schema.format !== 'uuid' && schema.format !== 'date-time';
  const isEndless =
    (isText && schema.maxLength === undefined && schema.pattern !== FIXED_PATTERN) ||
    (type === 'array' && !(Number(schema.maxItems) <= 100)) ||
    (type === 'integer' && (schema.minimum === undefined || schema.maximum === undefined)) ||
    type === 'number';
  return [
    ...(isEndless ? [path] : []),
    ...anyOf.flatMap((option) => unbounded(option, path)),
    ...(items ? unbounded(items, `${path}[]`) : []),
    ...Object.entries(properties).flatMap(([name, field]) => unbounded(field, `${path}.${name}`)),
  ];
}

test('every text, list and number of an input has an end', () => {
  const found = operations.flatMap(({ id, input }) =>
    unbounded(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Schema, id),
  );
  assert.deepEqual(found, []);
});

test('a handler gets what was checked, frozen, and its caller’s input stays as it was', async () => {
  const contract = defineContract({
    probe: {
      summary: 'Probe',
      access: 'public',
      http: 'POST /probe',
      input: z.strictObject({ list: z.array(z.strictObject({ text: z.string().trim() })) }),
    },
  });
  const given = { list: [{ text: ' a ' }] };
  let seen: { list: { text: string }[] } | undefined;
  const { probe } = implement(contract, {
    probe: async (_ctx, input) => {
      seen = input;
    },
  });
  await probe({ actor: null }, given);
  assert.deepEqual(seen, { list: [{ text: 'a' }] });
  assert.throws(() => seen?.list.push({ text: 'b' }), TypeError);
  assert.throws(() => Object.assign(seen?.list[0] ?? {}, { text: 'b' }), TypeError);
  given.list.push({ text: 'c' });
  assert.deepEqual(seen, { list: [{ text: 'a' }] });
});
