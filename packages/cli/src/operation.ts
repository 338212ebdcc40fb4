import type { CommandSpec } from './catalog/command-spec.ts';
import type { Session } from './connection/session.ts';
import { failCli } from './failures.ts';
import type { CommandFields, Form } from './fields.ts';
import { eachPage, isSorted, readPage, readPages } from './pages.ts';
import { resolveReferences, type SpecOf } from './references.ts';
import { checkFields } from './render/fields.ts';
import type { List, Result, Row } from './render/result.ts';
import { sortRows } from './render/sort.ts';
import type { Globals } from './terminal/globals.ts';
import { isInteractive } from './terminal/io.ts';
import type { Run } from './terminal/run.ts';
import { readSecrets } from './terminal/secrets.ts';

/** One command of the loop: an operation, and how the command shows it. */
export interface OperationCommand {
  readonly spec: CommandSpec;
  readonly form: Form;
  readonly fields: CommandFields;
  readonly specOf: SpecOf;
}

/** What was typed, understood as far as that goes without the app. */
export interface Given {
  readonly input: Record<string, unknown>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly globals: Globals;
}

/** Refuses what cannot work before anything is asked for, opened or changed. */
export function checkUse({ spec, fields }: OperationCommand, { input, options, globals }: Given): void {
  const { access, output, required } = spec;
  const { as, format, columns = [] } = globals;
  checkFields(columns, output.fields);
  const missing = required.filter((name) => input[name] === undefined && !fields.secrets.includes(name));
  if (missing.length > 0) failCli('cli.usage', `${missing.map(fields.nameOf).join(' and ')} required`);
  if (access === 'self' && as === undefined) {
    failCli('cli.usage', 'This command acts for a user; name one with --as', {
      hint: 'For example --as ada@example.com, or TASKCTL_AS.',
    });
  }
  if (format === 'ids' && !output.fields.includes('id')) {
    failCli('cli.usage', 'The result of this command has no id; choose another --output');
  }
  const sort = sortOf(spec, options);
  if (sort !== undefined) checkFields([sort.replace(/^-/, '')], output.fields);
}

/** The field by which the rows that are shown are to be sorted, where the operation does not do it. */
export const sortOf = (spec: CommandSpec, { sort }: Given['options']): string | undefined =>
  isSorted(spec) && typeof sort === 'string' ? sort : undefined;

/** Asks a person before what cannot be taken back; where nobody can be asked, giving the command is the answer. */
export async function askFirst({ io }: Run, { form }: OperationCommand, { options, globals }: Given): Promise<void> {
  if (!form.question || options.yes || !isInteractive(io, globals.format)) return;
  const { askToConfirm } = await import('./terminal/questions.ts');
  await askToConfirm(io, form.question);
}

/** Reads the secrets of the operation, from stdin or from a person. */
export const readSecretsOf = (run: Run, { spec, form, fields }: OperationCommand, { options, globals }: Given) =>
  readSecrets(
    run.io,
    globals.format,
    fields.secrets.map((name) => ({
      name,
      isRequired: spec.required.includes(name),
      fromStdin: options[`${name}Stdin`] === true,
      isNew: form.confirm?.includes(name) ?? false,
    })),
  );

interface Call {
  readonly input: Record<string, unknown>;
  /** Follows a list to its end. */
  readonly all?: boolean;
  readonly sort?: string | undefined;
}

/** Runs the operation once. */
export async function callOnce(
  session: Session,
  command: OperationCommand,
  { all, sort, ...given }: Call,
): Promise<Result> {
  const { call } = session;
  const { spec } = command;
  const input = await prepareInput(session, command, given.input);
  if (spec.output.kind === 'list') {
    const list = await (all ? readPages : readPage)({ call, spec, input });
    const items = sort === undefined ? list.items : sortRows(list.items, sort);
    return { kind: 'list', fields: spec.output.fields, ...list, items };
  }
  const item = await call(spec.id, input);
  return spec.output.kind === 'record'
    ? { kind: 'record', item }
    : { kind: 'record', item: addressed(spec, input), text: '' };
}

/** The pages of a list as results, each read when it is asked for. */
export async function* callPages(session: Session, command: OperationCommand, raw: Row): AsyncGenerator<List> {
  const { spec } = command;
  const input = await prepareInput(session, command, raw);
  for await (const page of eachPage({ call: session.call, spec, input })) {
    yield { kind: 'list', fields: spec.output.fields, ...page };
  }
}

/** What was typed, with ids in the place of names and with the types that the operation wants. */
async function prepareInput({ call, operationOf }: Session, { spec, form, specOf }: OperationCommand, raw: Row) {
  const { fromStrings } = await import('@taskapp/core');
  const resolved = await resolveReferences(raw, form.references ?? {}, { call, specOf, spec });
  return fromStrings(operationOf(spec.id).input, resolved);
}

/** What an operation without a result was done to: nothing to show people, but scripts get a value from every command. */
const addressed = ({ params }: CommandSpec, input: Row): Row =>
  Object.fromEntries(params.map((name) => [name, input[name]]));
