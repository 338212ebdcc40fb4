import { type Field, fieldsOf, isKeyed, type NamedOperation } from '@taskapp/core';
import * as z from 'zod';
import type { CommandSpec, FieldSpec, OutputSpec } from './command-spec.ts';
import { kebab, singular } from './names.ts';

/** What JSON Schema says about a value, as far as it is read here. */
interface Schema extends Omit<Field, 'anyOf' | 'items'> {
  readonly format?: string;
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** Describes operations as plain data, one command each. */
export const describeOperations = (operations: readonly NamedOperation[]): CommandSpec[] =>
  operations.map(describeOperation);

function describeOperation(operation: NamedOperation): CommandSpec {
  const { id, feature, name, summary, description, access, http, input, output } = operation;
  const { fields, required } = fieldsOf(input);
  const params = [...http.matchAll(/:(\w+)/g)].map(([, param]) => param as string);
  return {
    id,
    noun: singular(feature),
    verb: kebab(name),
    summary,
    ...(description && { description }),
    access,
    params,
    isPatch: http.startsWith('PATCH '),
    isKeyed: isKeyed(operation),
    fields: Object.fromEntries(Object.entries(fields).map(([field, schema]) => [field, describeField(schema)])),
    required,
    output: output ? describeOutput(output) : { kind: 'none', fields: params },
  };
}

function describeField(field: Schema): FieldSpec {
  const value = { ...field, ...field.anyOf?.find(({ type }) => type !== 'null') };
  const choices = value.enum ?? value.items?.enum;
  return {
    type: value.type ?? 'string',
    description: field.description ?? '',
    ...(value.format && { format: value.format }),
    ...(choices && { choices }),
    ...(field.default !== undefined && { default: field.default }),
    nullable: field.anyOf?.some(({ type }) => type === 'null') ?? false,
  };
}

/** A list is an object that holds one array, and at most `pagination` beside it. */
function describeOutput(output: z.ZodType): OutputSpec {
  const root: Schema = z.toJSONSchema(output, { io: 'output', unrepresentable: 'any' }) as Schema;
  const follow = (schema: Schema): Schema => root.$defs?.[schema.$ref?.split('/').at(-1) ?? ''] ?? schema;
  const properties = follow(root).properties ?? {};
  const [key, ...others] = Object.keys(properties).filter((name) => name !== 'pagination');
  const items = key && others.length === 0 ? properties[key]?.items : undefined;
  if (!key || !items) return { kind: 'record', fields: Object.keys(properties) };
  return { kind: 'list', key, fields: Object.keys(follow(items).properties ?? {}) };
}
