import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FieldSpec } from './catalog/command-spec.ts';
import { kebab, words } from './catalog/names.ts';
import type { Reference } from './references.ts';
import { DATE_HELP } from './terminal/dates.ts';

interface FieldOption {
  readonly name: string;
  readonly field: FieldSpec;
  readonly flag: string;
  /** A second, shorter flag. */
  readonly alias: string | undefined;
  /** What the field names, where it accepts more than ids. */
  readonly reference: Reference | undefined;
  readonly isRequired: boolean;
  /** Absent keeps the value, so that clearing it needs an option of its own. */
  readonly isPatch: boolean;
}

/** Declares the option of a field; returns the name under which commander keeps its value. */
export function addFieldOption(command: Command, option: FieldOption): string {
  const { name, field, flag, alias, isRequired, isPatch } = option;
  const flags = alias ? `--${alias}, ${flag}` : flag;
  const declared = new Option(`${flags} ${placeholderOf(option)}`, helpOf(field, isRequired));
  if (field.choices) declared.choices(field.choices);
  if (field.type === 'boolean') declared.preset('true');
  command.addOption(declared.argParser(parserOf(field)));
  const negative = flag.replace('--', '--no-');
  if (isPatch && (field.nullable || field.type === 'array')) command.option(negative, `clear the ${words(name)}`);
  if (field.type === 'boolean') command.addOption(new Option(negative, `the same as ${flag} false`).hideHelp());
  return declared.attributeName();
}

function placeholderOf({ name, field, alias, reference }: FieldOption): string {
  const { type, format, choices } = field;
  if (type === 'boolean') return '[true|false]';
  const plain = alias ?? kebab(name);
  const word = choices ? plain : format === 'date-time' ? 'time' : type === 'integer' ? 'number' : plain;
  return `<${reference?.by ? `${reference.by} or id` : word}${type === 'array' ? '...' : ''}>`;
}

function helpOf(field: FieldSpec, isRequired: boolean): string {
  const description = field.description.replace(/; null: .*$/, '');
  const dates = field.format === 'date-time' ? ` (${DATE_HELP})` : '';
  const note = isRequired ? ' (required)' : field.default === undefined ? '' : ` (default: ${String(field.default)})`;
  return `${description}${dates}${note}`.trim();
}

/** Values stay strings here; the schema gives them their types later, and dates their zone. */
function parserOf({ type, choices = type === 'boolean' ? ['true', 'false'] : undefined }: FieldSpec) {
  return (value: string, previous: unknown): unknown => {
    const item = choices ? findChoice(value, choices) : value;
    if (type !== 'array') return item;
    return [...(Array.isArray(previous) ? previous : []), item];
  };
}

const fold = (text: string) => text.toLowerCase().replaceAll(/(?<=\w)-/g, '_');

function findChoice(value: string, choices: readonly string[]): string {
  const choice = choices.find((known) => known === value) ?? choices.find((known) => fold(known) === fold(value));
  if (choice === undefined) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
  return choice;
}
