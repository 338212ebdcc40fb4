import type { CommandSpec } from './catalog/command-spec.ts';
import type { Session } from './connection/session.ts';
import type { CommandFields, Form } from './fields.ts';
import { eachPage, readPage, readPages } from './pages.ts';
import { resolveReferences, type SpecOf } from './references.ts';
import type { List, Result, Row } from './render/result.ts';
import { sortRows } from './render/sort.ts';
import type { Globals } from './terminal/globals.ts';

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
    ? { kind: 'record', item, ...(Object.keys(item).length === 0 && { text: '' }) }
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
