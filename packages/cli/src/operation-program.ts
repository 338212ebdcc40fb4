import type { OperationId } from '@taskapp/core';
import type { Command } from 'commander';
import type { CommandSpec } from './catalog/command-spec.ts';
import { kebab } from './catalog/names.ts';
import { failCli } from './failures.ts';
import { declareFields, type Form } from './fields.ts';
import { hasPages, isSorted } from './pages.ts';
import { presentation } from './presentation.ts';
import type { SpecOf } from './references.ts';
import { addGlobals } from './terminal/global-options.ts';
import { readGlobals } from './terminal/globals.ts';
import type { Run } from './terminal/run.ts';

/** A field may be called like a global option. */
export const addCommandOf = ({ fields }: CommandSpec, command: Command): Command =>
  addGlobals(command, Object.keys(fields).map(kebab));

/** What the command of an operation is made of. */
export interface Loop {
  readonly run: Run;
  readonly specOf: SpecOf;
  readonly spec: CommandSpec;
  readonly form: Form;
}

/** Lets a command run its operation. */
export function addOperation(command: Command, loop: Loop): void {
  const { run, spec, form } = loop;
  const fields = declareFields(command, spec, form);
  addFurtherOptions(command, loop);
  const notes = [
    form.note ?? spec.description,
    spec.access === 'self' ? 'Acts for a user: needs --as, or --url.' : undefined,
  ];
  command.addHelpText(
    'after',
    notes
      .filter(Boolean)
      .map((note) => `\n${note}`)
      .join(''),
  );
  command.action(async (...args: unknown[]) => {
    const options = command.opts();
    const globals = await readGlobals(command, run.io);
    run.reporter.configure(globals);
    const { runOperation } = await import('./operation-command.ts');
    const meant = meantBy(command, loop);
    const input = pick(fields.read(args, options, globals.timeZone), Object.keys(meant.spec.fields));
    await runOperation(run, { ...meant, fields, specOf: loop.specOf }, { input, options, globals });
  });
}

/** Options that are no fields. */
function addFurtherOptions(command: Command, { spec, specOf, form }: Loop): void {
  const { everything } = form;
  if (hasPages(spec)) command.option('--all', 'all pages, not only one');
  if (spec.output.kind === 'list') {
    command.option('--watch [seconds]', 'on a terminal: show it anew every 2 seconds, or so many');
  }
  if (isSorted(spec)) command.option('--sort <field>', 'order of what is shown; -<field>: the other way round');
  if (everything) command.option('--all', `${specOf(everything).summary.toLowerCase()}, instead`);
  if (form.preview) command.option('--preview', `${specOf(form.preview).summary.toLowerCase()}, and change nothing`);
  if (spec.isKeyed) addChangeOptions(command);
  if (form.question || (everything && presentation[everything]?.question)) command.option('--yes', 'do not ask');
}

/** Options of commands that change something. */
function addChangeOptions(command: Command): void {
  command.option('--dry-run', 'tell what the change would give, and undo it');
  command.option('--idempotency-key <key>', 'make the change once, however often it is asked for within a day');
}

/** The operation that the options choose: the command's own, or one that stands in for it. */
function meantBy(command: Command, { spec, specOf, form }: Loop): Pick<Loop, 'spec' | 'form'> {
  const { all, preview } = command.opts();
  const id: OperationId | undefined = (all && form.everything) || (preview && form.preview) || undefined;
  if (id === undefined) return { spec, form };
  const [argument] = command.args;
  if (id === form.everything && argument !== undefined) failCli('cli.usage', `Give either ${argument} or --all`);
  return { spec: specOf(id), form: presentation[id] ?? {} };
}

const pick = (values: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
