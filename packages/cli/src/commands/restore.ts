import type { Command } from 'commander';
import { addCommand, setDatabaseAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

const NOTE = `
The file is checked first. Then all of it is restored or nothing, and the schema is brought up to date. A database with
anything in it is refused (exit code 7). Stop the servers that use the database before.`;

/** `taskctl restore FILE`: on DATABASE_DIRECT_URL where it is set, since a pooler may be in front. */
export function addRestoreCommand(program: Command, run: Run): void {
  const command = addCommand(program, 'restore', 'Fill an empty database from a backup');
  command.argument('<file>', 'a file of `taskctl backup`, of either kind; -: NDJSON from stdin');
  command.option('--revoke-sessions', 'everybody has to sign in again').addHelpText('after', NOTE);
  setDatabaseAction(command, run, async ({ quiet }, options) => {
    const { restore } = await import('../backup/restore.ts');
    const [file = ''] = command.args;
    const report = await restore(run, { file, revokeSessions: options.revokeSessions === true, isQuiet: quiet });
    const migrated = report.migrated.length > 0 ? `, and migrated to ${report.migrated.at(-1)}` : '';
    const text = `${report.rows} rows of ${report.schemaVersion} are restored${migrated}\n`;
    await run.reporter.print({ kind: 'record', item: report, text });
  });
}
