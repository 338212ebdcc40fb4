import { openSession } from './connection/open-session.ts';
import type { Session } from './connection/session.ts';
import { describeFailure, type ErrorReport, failCli } from './failures.ts';
import { callOnce, callPages, type Given, type OperationCommand } from './operation.ts';
import { askArgument, askFirst, checkUse, readSecretsOf, sortOf } from './operation-input.ts';
import { followingPage } from './pages.ts';
import type { Result, Row } from './render/result.ts';
import { isLines } from './terminal/io.ts';
import type { Run } from './terminal/run.ts';
import { readLines } from './terminal/stdin.ts';
import { checkWatch, watchResult } from './watch.ts';

/** Runs an operation as a command: checks, secrets, connection, the call, the result. */
export async function runOperation(run: Run, command: OperationCommand, given: Given): Promise<void> {
  const { spec, form, fields } = command;
  run.reporter.nameFields(fields.nameOf);
  checkUse(command, given);
  if (given.options.watch !== undefined) checkWatch(run, given);
  await askFirst(run, command, given);
  const asked = await askArgument(run, command, given);
  const secrets = await readSecretsOf(run, command, given);
  const input = { ...given.input, ...asked, ...secrets, ...form.preset };
  const [param = ''] = spec.params;
  const names = form.many ? await expandNames(run, input[param] as string[]) : [];
  const { idempotencyKey, dryRun } = given.options as { idempotencyKey?: string; dryRun?: boolean };
  if (idempotencyKey !== undefined && names.length > 1) failCli('cli.usage', '--idempotency-key names one change');
  const session = await openSession(run, given.globals, { idempotencyKey, isTrial: dryRun === true });
  if (dryRun) run.defer(async () => run.reporter.hint('A dry run: nothing was changed'));
  const hasTokens = spec.output.fields.includes('accessToken');
  if (hasTokens && session.noTokens) failCli('cli.usage', session.noTokens.message, { hint: session.noTokens.hint });
  if (form.many) return callMany(run, { session, command, inputs: names.map((name) => ({ ...input, [param]: name })) });
  const [all, sort] = [given.options.all === true, sortOf(spec, given.options)];
  if (all && sort === undefined && isLines(given.globals.format)) {
    return run.reporter.printPages(callPages(session, command, input));
  }
  const { watch } = given.options;
  if (watch !== undefined) {
    return watchResult(run, { seconds: watch, form, read: () => callOnce(session, command, { input, all, sort }) });
  }
  const result = await callOnce(session, command, { input, all, sort });
  await run.reporter.print(result, form);
  comment(run, command, result);
  if (hasTokens && session.url !== undefined) run.reporter.hint(`Signed in at ${session.url}`);
}

/** `-` stands for the lines of stdin: `taskctl ls -o ids | taskctl done -`. */
async function expandNames({ io }: Run, given: readonly string[]): Promise<string[]> {
  const piped = given.includes('-') ? await readLines(io) : [];
  const names = given.flatMap((name) => (name === '-' ? piped : [name])).filter((name) => name.trim() !== '');
  return [...new Set(names)];
}

/** What a person may want to know besides the result. */
function comment({ reporter }: Run, { form }: OperationCommand, result: Result): void {
  if (result.text === '') reporter.hint(form.done ?? 'Done');
  if (result.kind !== 'list' || result.text === '') return;
  const { items, pagination } = result;
  if (items.length === 0) reporter.hint(form.empty ?? 'Nothing found');
  if (!pagination || !followingPage({}, pagination)) return;
  const { total, page, nextCursor } = pagination;
  const next = page ? `--page ${page + 1}` : `--cursor ${nextCursor}`;
  reporter.hint(`${items.length}${total ? ` of ${total}` : ''} shown; the next ones: ${next}, all: --all`);
}

interface Many {
  readonly session: Session;
  readonly command: OperationCommand;
  readonly inputs: readonly Row[];
}

/** Calls the operation for each of several resources; one that fails does not stop the others. */
async function callMany(run: Run, { session, command, inputs }: Many): Promise<void> {
  const { spec, form } = command;
  const items: Row[] = [];
  const failed: { readonly name: string; readonly error: unknown }[] = [];
  for (const input of inputs) {
    try {
      const result = await callOnce(session, command, { input });
      if (result.kind === 'record') items.push(result.item);
    } catch (error) {
      failed.push({ name: String(input[spec.params[0] ?? '']), error });
    }
  }
  if (failed[0] && inputs.length === 1) throw failed[0].error;
  const shown = spec.output.kind === 'none' ? { text: '' } : {};
  const result: Result = { kind: 'list', items, fields: spec.output.fields, ...shown };
  await run.reporter.print(result, form);
  if (failed.length > 0) await failPartly(failed, inputs.length);
  comment(run, command, result);
}

async function failPartly(failed: readonly { name: string; error: unknown }[], total: number): Promise<never> {
  const reports = await Promise.all(failed.map(({ error }) => describeFailure(error)));
  const describe = ({ message, code }: ErrorReport) => `${message} (${code})`;
  failCli('cli.partly_failed', `${failed.length} of ${total} failed`, {
    problems: failed.map(({ name }, at) => ({ path: name, message: describe(reports[at] as ErrorReport) })),
  });
}
