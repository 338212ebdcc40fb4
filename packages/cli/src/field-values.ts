import type { CommandSpec } from './catalog/command-spec.ts';
import { kebab, words } from './catalog/names.ts';
import { failCli } from './failures.ts';
import type { Form } from './fields.ts';
import { toTimestamp } from './terminal/dates.ts';

/** Fields, and the names under which commander keeps their values. */
type Keys = readonly (readonly [field: string, key: string])[];

interface Typed {
  readonly options: Readonly<Record<string, unknown>>;
  /** Where dates without an offset are meant. */
  readonly timeZone: string | undefined;
}

/** The values of options, by field. */
export function readOptions(keys: Keys, { options, timeZone }: Typed, { fields }: CommandSpec) {
  const given = keys.flatMap(([name, key]) => {
    const value = options[key];
    if (value === undefined) return [];
    if (fields[name]?.format === 'date-time' && typeof value === 'string') {
      return [[name, toTimestamp(value, { timeZone })] as const];
    }
    if (value !== false || fields[name]?.type === 'boolean') return [[name, value] as const];
    return [[name, fields[name]?.type === 'array' ? [] : null] as const];
  });
  return Object.fromEntries(given);
}

/** The values of arguments, by field. */
export function readArguments(positional: readonly string[], args: readonly unknown[], { many }: Form) {
  const values = positional.map((name, at) => {
    const value = args[at];
    return [name, Array.isArray(value) && !many ? value.join(' ') : value] as const;
  });
  return Object.fromEntries(values);
}

/** Of a field that may be an option or an argument. */
export function readArgument(
  name: string | undefined,
  [value]: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
) {
  if (name === undefined || typeof value !== 'string') return {};
  if (options[name] !== undefined)
    failCli('cli.usage', `Give the ${words(name)} once: as an argument or with --${kebab(name)}`);
  return { [name]: value };
}
