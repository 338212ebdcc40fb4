import type { Command } from 'commander';
import type { Knex } from 'knex';
import { failCli } from '../failures.ts';
import type { Pagination } from '../pages.ts';
import { addCommand, addGroup, setDatabaseAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

/** `taskctl db migrate|status|rollback|seed`: on DATABASE_DIRECT_URL where it is set, since a pooler may be in front. */
export function addDatabaseCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'db', 'migrate, status, rollback, seed');
  addMigrate(group, run);
  addStatus(group, run);
  addRollback(group, run);
  addSeed(group, run);
}

function addMigrate(group: Command, run: Run): void {
  setDatabaseAction(addCommand(group, 'migrate', 'Bring the database schema up to date'), run, async () => {
    const { migrate } = await import('@taskapp/core');
    const { describeOperator } = await import('../connection/session.ts');
    const db = await openMaintenance(run);
    await printNames(run, 'applied', await migrate(db, { reason: describeOperator() }));
  });
}

function addStatus(group: Command, run: Run): void {
  const command = addCommand(group, 'status', 'Show which migrations the database has had');
  command.option('--check', 'exit with 10 when migrations are pending');
  setDatabaseAction(command, run, async (_globals, { check }) => {
    const { migrationStatus } = await import('@taskapp/core');
    const db = await openMaintenance(run);
    const { applied, pending, unknown } = await migrationStatus(db);
    const stateOf = (name: string) => (unknown.includes(name) ? 'unknown' : 'applied');
    const lines = [
      ...applied.map((name) => `${stateOf(name)}  ${name}\n`),
      ...pending.map((name) => `pending  ${name}\n`),
    ];
    await run.reporter.print({ kind: 'record', item: { applied, pending, unknown }, text: lines.join('') });
    if (pending.length === 0) return;
    const count = `${pending.length} migration${pending.length === 1 ? ' is' : 's are'} pending`;
    if (check) failCli('cli.check_failed', count, { hint: 'Run `taskctl db migrate`.' });
    run.reporter.hint(`${count}: run \`taskctl db migrate\``);
  });
}

function addRollback(group: Command, run: Run): void {
  const command = addCommand(group, 'rollback', 'Take back the last migration run; data in dropped tables are lost');
  command.option('--all', 'take back every migration').option('--yes', 'do not ask');
  setDatabaseAction(command, run, async ({ canAsk }, { all, yes }) => {
    if (!yes && canAsk) await confirm(run);
    const { rollback } = await import('@taskapp/core');
    const { describeOperator } = await import('../connection/session.ts');
    const db = await openMaintenance(run);
    await printNames(run, 'rolledBack', await rollback(db, { all: all === true, reason: describeOperator() }));
  });
}

function addSeed(group: Command, run: Run): void {
  setDatabaseAction(addCommand(group, 'seed', 'Fill an empty database with a demo'), run, async () => {
    const { seed } = await import('@taskapp/core');
    const { openDirectSession } = await import('../connection/session.ts');
    const { source, call } = await openDirectSession(run, {});
    const { pagination } = await call('users.list', { limit: 1 });
    if ((pagination as Pagination).total !== 0) {
      failCli('cli.not_empty', 'The database holds accounts already: the demo is only for an empty one');
    }
    const summary = await seed(source.db);
    await run.reporter.print({ kind: 'record', item: { summary }, text: `${summary}\n` });
  });
}

async function confirm({ io }: Run): Promise<void> {
  const { askToConfirm } = await import('../terminal/questions.ts');
  await askToConfirm(io, 'Dropped tables lose their data. Roll back?');
}

async function openMaintenance(run: Run): Promise<Knex> {
  const { openDatabase } = await import('../connection/database.ts');
  return (await openDatabase(run, 'maintenance')).db;
}

async function printNames({ reporter }: Run, key: string, names: readonly string[]): Promise<void> {
  await reporter.print({ kind: 'record', item: { [key]: names }, text: names.map((name) => `${name}\n`).join('') });
  if (names.length === 0) reporter.hint('Nothing to do');
}
