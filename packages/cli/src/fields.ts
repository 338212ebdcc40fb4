import type { Command } from 'commander';
import type { CommandSpec, FieldSpec } from './catalog/command-spec.ts';
import { kebab, words } from './catalog/names.ts';
import { addFieldOption } from './field-option.ts';
import { readArgument, readArguments, readOptions } from './field-values.ts';
import type { Presentation } from './presentation.ts';
import type { Shortcut } from './shortcuts.ts';
import { RESERVED } from './terminal/global-options.ts';

/** How one command shows an operation: the operation's own presentation, and the short form's if it is one. */
export type Form = Presentation & Partial<Shortcut>;

/** The fields of an operation as the arguments and options of one command. */
export interface CommandFields {
  /** Fields given as arguments, in order. */
  readonly positional: readonly string[];
  /** Fields that hold a secret. They are never options: other users of the machine see the arguments of a process. */
  readonly secrets: readonly string[];
  /** What was given, by field: strings where the value still has to get its type, `null` where one is cleared. */
  read(args: readonly unknown[], options: Readonly<Record<string, unknown>>, zone?: string): Record<string, unknown>;
  /** How the command line calls the field at this path of a problem. */
  nameOf(path: string): string;
}

/** The field that says whose clock is meant: every command knows that by itself. */
const ZONE = 'timeZone';
const SECRET = /(password|token|secret)$/i;

/** Declares the arguments and options of an operation's command. */
export function declareFields(command: Command, spec: CommandSpec, form: Form): CommandFields {
  const positional = [...spec.params, ...(form.positional ?? [])];
  const names = Object.keys(spec.fields).filter((name) => !positional.includes(name) && name !== ZONE);
  const secrets = names.filter((name) => SECRET.test(name));
  const optional = form.preset ? [] : names.filter((name) => !secrets.includes(name));
  for (const name of positional) command.argument(argumentOf(name, spec, form), argumentHelp(name, spec, form));
  if (form.argument) command.argument(`[${kebab(form.argument)}]`, spec.fields[form.argument]?.description ?? '');
  const keys = optional.map((name) => [name, addOption(command, name, { spec, form })] as const);
  for (const name of secrets) command.option(`${flagOf(name, spec)}-stdin`, secretHelp(name, spec));
  return {
    positional,
    secrets,
    read: (args, options, timeZone) => ({
      ...(ZONE in spec.fields && { [ZONE]: timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone }),
      ...readOptions(keys, { options, timeZone }, spec),
      ...readArguments(positional, args, form),
      ...readArgument(form.argument, args, options),
    }),
    nameOf: (path) => {
      const [name = '', index] = path.split('.');
      if (name === ZONE) return '--tz';
      if (!(name in spec.fields)) return path;
      const flag = `${flagOf(name, spec)}${secrets.includes(name) ? '-stdin' : ''}`;
      const shown = positional.includes(name) ? `<${kebab(name)}>` : flag;
      return index === undefined ? shown : `${shown} (${Number(index) + 1})`;
    },
  };
}

/** Words of a text are joined, so that `taskctl add Buy milk` needs no quotes. */
function argumentOf(name: string, { params }: CommandSpec, { many, everything }: Form): string {
  const shown = `${kebab(name)}${many || !params.includes(name) ? '...' : ''}`;
  return everything ? `[${shown}]` : `<${shown}>`;
}

function argumentHelp(name: string, { fields }: CommandSpec, { references, many }: Form): string {
  const reference = references?.[name];
  const label = reference?.by ?? reference?.filter?.field;
  const others = reference ? `, or at least 4 characters of it${label ? `, or the ${label}` : ''}` : '';
  return `${fields[name]?.description ?? name}${others}${many ? '; several are allowed' : ''}`;
}

/** A field may be called like a global option; then it carries the noun. */
const flagOf = (name: string, { noun }: CommandSpec) =>
  `--${RESERVED.has(kebab(name)) ? `${noun}-` : ''}${kebab(name)}`;

const secretHelp = (name: string, { required }: CommandSpec) =>
  `read the ${words(name)} as a line from stdin${required.includes(name) ? '; on a terminal it is asked for' : ''}`;

const addOption = (command: Command, name: string, { spec, form }: { spec: CommandSpec; form: Form }) =>
  addFieldOption(command, {
    name,
    field: spec.fields[name] as FieldSpec,
    flag: flagOf(name, spec),
    alias: form.flags?.[name],
    reference: form.references?.[name],
    isRequired: spec.required.includes(name),
    isPatch: spec.isPatch,
  });
