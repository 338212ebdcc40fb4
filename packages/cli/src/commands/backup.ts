import { type Command, Option } from 'commander';
import type { Format } from '../backup/format.ts';
import { addCommand, setDatabaseAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

const NOTE = `
One consistent snapshot, also while servers run. The file holds e-mail addresses and hashes of passwords: only its owner
can read it, and it is to be kept like a secret. Without --format, pg_dump makes it where it is on the PATH and not older
than the server; a FILE named .ndjson or .gz, and stdout, are NDJSON, which needs no other program.`;

/** `taskctl backup FILE`: on DATABASE_DIRECT_URL where it is set, since a pooler may be in front. */
export function addBackupCommand(program: Command, run: Run): void {
  const command = addCommand(program, 'backup', 'Save all data in a file');
  command.argument('<file>', 'the file to make; -: stdout');
  command.addOption(new Option('--format <format>', 'the kind of file').choices(['pg_dump', 'ndjson']));
  command.option('--force', 'replace the file if it exists').addHelpText('after', NOTE);
  setDatabaseAction(command, run, async ({ quiet }, { format, force }) => {
    const { backup } = await import('../backup/backup.ts');
    const [file = ''] = command.args;
    const wish = { file, format: format as Format | undefined, force: force === true, isQuiet: quiet };
    const report = await backup(run, wish);
    const text = `${report.rows} rows of ${report.schemaVersion} are in ${report.file} (${report.format})\n`;
    run.reporter.hint('The backup holds hashes of passwords: keep it like a secret.');
    if (file !== '-') await run.reporter.print({ kind: 'record', item: report, text });
  });
}
