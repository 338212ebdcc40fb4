import type { Command } from 'commander';
import type { CommandSpec } from './catalog/command-spec.ts';
import { addStatusCommand } from './commands/auth-status.ts';
import { addBackupCommand } from './commands/backup.ts';
import { addCompletionCommands } from './commands/completion.ts';
import { addConfigCommands } from './commands/config.ts';
import { addDatabaseCommands } from './commands/db.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addHelpCommand } from './commands/help.ts';
import { furtherCommands, ownCommands } from './commands/own-commands.ts';
import { addProfileCommands } from './commands/profile.ts';
import { addRestoreCommand } from './commands/restore.ts';
import { addSecretCommand } from './commands/secret.ts';
import { addServeCommand } from './commands/serve.ts';
import { addStatsCommand } from './commands/stats.ts';
import { addCommandOf, addOperation, type Loop } from './operation-program.ts';
import { presentation } from './presentation.ts';
import type { SpecOf } from './references.ts';
import { shortcuts } from './shortcuts.ts';
import { addGroup, createRoot } from './terminal/commands.ts';
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
  addStatsCommand(program, { run, spec: specOf('tasks.stats') });
  addStatusCommand(program, run, 'whoami');
  program.commandsGroup('Operations:');
  for (const noun of new Set(catalog.map((spec) => spec.noun))) {
    const specs = catalog.filter((spec) => spec.noun === noun);
    addNoun(program, { run, specOf, specs, isNamed: argv.includes(noun) });
  }
  program.commandsGroup('Running the app:');
  for (const add of OWN_COMMANDS) add(program, run);
  addHelpCommand(program, run);
  return program;
}

const OWN_COMMANDS = [
  addServeCommand,
  addDatabaseCommands,
  addBackupCommand,
  addRestoreCommand,
  addDoctorCommand,
  addSecretCommand,
  addConfigCommands,
  addProfileCommands,
  addCompletionCommands,
];

interface Noun extends Pick<Loop, 'run' | 'specOf'> {
  readonly specs: readonly CommandSpec[];
  /** Somebody asks for it. */
  readonly isNamed: boolean;
}

function addNoun(program: Command, { run, specOf, specs, isNamed }: Noun): void {
  const noun = specs[0]?.noun ?? '';
  const verbs = [...specs.map(({ verb }) => verb), ...(noun === 'auth' ? ['status'] : [])];
  const group = addGroup(program, noun, verbs.join(', '));
  if (!isNamed) return;
  for (const spec of specs) {
    const addOwn = ownCommands[spec.id];
    if (addOwn) {
      addOwn(group, { run, spec, specOf });
      continue;
    }
    const command = addCommandOf(spec, group.command(spec.verb).description(spec.summary));
    if (spec.verb === 'remove') command.alias('delete');
    addOperation(command, { run, specOf, spec, form: presentation[spec.id] ?? {} });
  }
  for (const add of furtherCommands[noun] ?? []) add(group, { run, specOf });
  if (noun === 'auth') addStatusCommand(group, run, 'status');
}
