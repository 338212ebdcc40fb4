import type { Account } from './accounts.ts';
import { canFailWith, type Operation } from './document.ts';
import { CANARY } from './log-capture.ts';
import type { Random } from './random.ts';
import { resolve, type Schema } from './schema.ts';

/** What a valid value depends on. */
export interface SampleContext {
  readonly root: unknown;
  readonly random: Random;
  readonly operation: Operation;
  readonly account: Account;
}

type Supplier = (context: SampleContext) => unknown;

const isSigningUp = ({ operation }: SampleContext) => canFailWith(operation, 'user.email_taken');

/** Fields whose values have to be true, not only well formed; `undefined` leaves the field out. */
const TRUE_VALUES: Readonly<Record<string, Supplier>> = {
  email: (context) => (isSigningUp(context) ? `${CANARY}-${context.random.uuid()}@example.com` : context.account.email),
  password: (context) => (isSigningUp(context) ? `${CANARY}-${context.random.uuid()}` : context.account.password),
  currentPassword: ({ account }) => account.password,
  refreshToken: ({ account }) => account.refreshToken,
  tagIds: ({ account }) => [account.tagId],
  tagId: ({ account }) => account.tagId,
  workspaceId: ({ account }) => account.workspaceId,
  timeZone: () => 'Europe/Berlin',
  tasks: ({ random }) => [{ title: plainText(random, 12) }],
  cursor: () => undefined,
  page: ({ random }) => 1 + random.below(20),
};

/** Fields that another field asks for although the schema does not. */
export const ALWAYS_GIVEN = new Set(['currentPassword']);

/** A value that `schema` allows, and true where truth matters. */
export function sample(context: SampleContext, name: string, given: Schema): unknown {
  const supply = TRUE_VALUES[name];
  return supply ? supply(context) : sampleOf(context, given);
}

function sampleOf(context: SampleContext, given: Schema): unknown {
  const { random, root } = context;
  const schema = resolve(root, given);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return random.pick(schema.enum);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return sampleOf(context, random.pick(alternatives));
  const type = [schema.type].flat()[0];
  if (type === 'string') return sampleString(random, schema);
  if (type === 'integer' || type === 'number')
    return (schema.minimum ?? 0) + random.below(Math.min(20, (schema.maximum ?? 20) - (schema.minimum ?? 0)));
  if (type === 'boolean') return random.below(2) === 0;
  if (type === 'null') return null;
  if (type === 'array') return [];
  if (type === 'object') return sampleObject(context, schema);
  throw new Error(`No sample for ${JSON.stringify(schema)} of ${context.operation.id}: teach test/fuzz/samples.ts`);
}

const sampleObject = (context: SampleContext, { properties = {} }: Schema) =>
  Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, sample(context, name, field)]));

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'];

/** Text of exactly `length` characters that passes the usual patterns. */
export function plainText(random: Random, length: number): string {
  const letters = (count: number) => Array.from({ length: count }, () => random.pick(LETTERS)).join('');
  return length > CANARY.length ? CANARY + letters(length - CANARY.length) : letters(length);
}

function sampleString(random: Random, schema: Schema): string {
  if (schema.format === 'uuid') return random.uuid();
  if (schema.format === 'date-time')
    return new Date(Date.UTC(2027, random.below(12), 1 + random.below(28))).toISOString();
  const { minLength = 0, maxLength = 40 } = schema;
  const hex = () => random.below(16).toString(16);
  const candidates = [
    plainText(random, Math.min(maxLength, Math.max(minLength, 6 + random.below(20)))),
    `#${hex()}${hex()}${hex()}${hex()}${hex()}${hex()}`,
    `a-${random.uuid()}@example.com`,
    'task.created',
  ];
  const patterns = [schema, ...(schema.allOf ?? [])].flatMap(({ pattern }) =>
    pattern ? [new RegExp(pattern, 'u')] : [],
  );
  const found = candidates.find((candidate) => patterns.every((pattern) => pattern.test(candidate)));
  if (found === undefined) throw new Error(`No sample for the pattern ${patterns}: teach test/fuzz/samples.ts`);
  return found;
}
