import type { OperationId } from '@taskapp/core';
import type { Command } from 'commander';
import type { CommandSpec } from './catalog/command-spec.ts';
import { kebab } from './catalog/names.ts';
import { addBackupCommand } from './commands/backup.ts';
import { addCompletionCommands } from './commands/completion.ts';
import { addDatabaseCommands } from './commands/db.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addHelpCommand } from './commands/help.ts';
import { addRestoreCommand } from './commands/restore.ts';
import { addSecretCommand } from './commands/secret.ts';
import { addServeCommand } from './commands/serve.ts';
import { failCli } from './failures.ts';
import { declareFields, type Form } from './fields.ts';
import { hasPages, isSorted } from './pages.ts';
import { presentation } from './presentation.ts';
import type { SpecOf } from './references.ts';
import { shortcuts } from './shortcuts.ts';
import { addGroup, createRoot } from './terminal/commands.ts';
import { addGlobals, readGlobals } from './terminal/globals.ts';
import type { Run } from './terminal/run.ts';

/**
 * Builds `taskctl <noun> <verb>` from the operations, and the commands that are none. Verbs are only added to nouns
 * that the arguments name: nobody else sees them.
 */
export function createProgram(run: Run, catalog: readonly CommandSpec[], argv: readonly string[]): Command {
  const program = createRoot(run);
  const specOf: SpecOf = (id) => catalog.find((spec) => spec.id === id) as CommandSpec;
  program.commandsGroup('Short forms:');
  for (const { name, operation, summary, ...form } of shortcuts) {
    const spec = specOf(operation);
    const command = addCommandOf(spec, program.command(name).description(summary ?? spec.summary));
    addOperation(command, { run, specOf, spec, form: { ...presentation[operation], ...form } });
  }
  program.commandsGroup('Operations:');
  for (const noun of new Set(catalog.map((spec) => spec.noun))) {
    const specs = catalog.filter((spec) => spec.noun === noun);
    const group = addGroup(program, noun, specs.map(({ verb }) => verb).join(', '));
    for (const spec of argv.includes(noun) ? specs : []) {
      const command = addCommandOf(spec, group.command(spec.verb).description(spec.summary));
      if (spec.verb === 'remove') command.alias('delete');
      addOperation(command, { run, specOf, spec, form: presentation[spec.id] ?? {} });
    }
  }
  program.commandsGroup('Running the app:');
  const addOwn = [addServeCommand, addDatabaseCommands, addBackupCommand, addRestoreCommand, addDoctorCommand];
  for (const add of [...addOwn, addSecretCommand, addCompletionCommands]) add(program, run);
  addHelpCommand(program, run);
  return program;
}

/** A field may be called like a global option. */
const addCommandOf = ({ fields }: CommandSpec, command: Command): Command =>
  addGlobals(command, Object.keys(fields).map(kebab));

interface Loop {
  readonly run: Run;
  readonly specOf: SpecOf;
  readonly spec: CommandSpec;
  readonly form: Form;
}

function addOperation(command: Command, loop: Loop): void {
  const { run, spec, form } = loop;
  const fields = declareFields(command, spec, form);
  addFurtherOptions(command, loop);
  const notes = [form.note ?? spec.description, spec.access === 'self' ? 'Acts for a user: needs --as.' : undefined];
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
    const meant = form.everything && options.all ? meantByAll(command, loop, form.everything) : { spec, form };
    const input = meant.spec === spec ? fields.read(args, options, globals.timeZone) : {};
    await runOperation(run, { ...meant, fields, specOf: loop.specOf }, { input, options, globals });
  });
}

/** Options that are no fields. */
function addFurtherOptions(command: Command, { spec, specOf, form }: Loop): void {
  const { everything } = form;
  if (hasPages(spec)) command.option('--all', 'all pages, not only one');
  if (isSorted(spec)) command.option('--sort <field>', 'order of what is shown; -<field>: the other way round');
  if (everything) command.option('--all', `${specOf(everything).summary.toLowerCase()}, instead`);
  if (form.question || (everything && presentation[everything]?.question)) command.option('--yes', 'do not ask');
}

function meantByAll({ args }: Command, { specOf }: Loop, id: OperationId): Pick<Loop, 'spec' | 'form'> {
  if (args.length > 0) failCli('cli.usage', `Give either ${args[0]} or --all`);
  return { spec: specOf(id), form: presentation[id] ?? {} };
}
