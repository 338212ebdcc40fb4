import { type Command, Option } from 'commander';
import type { CommandSpec } from '../catalog/command-spec.ts';
import { EXIT } from '../exit-codes.ts';
import { failCli } from '../failures.ts';
import { addCommand, setAction } from '../terminal/commands.ts';
import { addGlobals } from '../terminal/global-options.ts';
import type { Globals } from '../terminal/globals.ts';
import type { Run } from '../terminal/run.ts';
import { formatOf, TRANSFER_FORMATS, type TransferFormat } from '../transfer/formats.ts';

/** A command of its own for an operation. */
interface Making {
  readonly run: Run;
  readonly spec: CommandSpec;
}

const FORMATS = `${EXIT.partlyFailed}: some tasks could not be imported`;

const EXPORT_NOTE = `
An export can be imported again without loss: with its ids, times, tags with their colours, and metadata. CSV leaves out
whose the tasks are. Taskwarrior keeps whole seconds, and gets what it has no attribute for as \`taskapp_...\`.`;

const IMPORT_NOTE = `
Tasks are known by their ids (uuid), so that the same file imported again changes nothing. Tasks without an id are known by what
they say; they are made once and never changed. Of a task that is here already the newer one wins. Exit code ${FORMATS}.`;

const workspace = () => new Option('--workspace-id <workspace-id>', 'workspace; the personal one by default');
const format = () =>
  new Option('--format <format>', 'what it is; by default what the name of the file says').choices(TRANSFER_FORMATS);

/** `taskctl task export`: to stdout or into a file. */
export function addExportCommand(task: Command, { run, spec }: Making): void {
  const command = addCommand(task, 'export', spec.summary);
  command.option('--file <file>', 'write into this file, which is not there yet; -: stdout', '-');
  command.addOption(format()).addOption(workspace());
  command
    .option('--force', 'replace the file')
    .option('--safe', 'CSV: put an apostrophe before text that spreadsheets would run');
  setAction(command.addHelpText('after', EXPORT_NOTE), run, async (globals, options) => {
    const file = String(options.file);
    const wish = {
      file,
      format: chooseFormat(globals, options),
      force: options.force === true,
      isGuarded: options.safe === true,
    };
    const { exportTasks } = await import('../transfer/export.ts');
    const report = await exportTasks(run, globals, { ...wish, workspaceId: options.workspaceId as string | undefined });
    const text = `${report.tasks} tasks exported`;
    if (file === '-') run.reporter.hint(text);
    else await run.reporter.print({ kind: 'record', item: report, text: `${text} to ${file}\n` });
  });
}

/** What is printed is what `-o` says where it says anything; `-o json` never prints anything else than JSON. */
function chooseFormat(
  { format: output }: Globals,
  { file, format: given }: Readonly<Record<string, unknown>>,
): TransferFormat {
  const named = (given as TransferFormat | undefined) ?? formatOf(String(file));
  const printed = TRANSFER_FORMATS.find((known) => known === output);
  if (file !== '-') return named ?? 'json';
  const isJson = (name: TransferFormat) => name === 'json' || name === 'taskwarrior';
  const fits = !named || !printed || named === printed || (isJson(named) && isJson(printed));
  if (!fits) failCli('cli.usage', `--output ${printed} and --format ${named} contradict each other`);
  if (output === 'ids') failCli('cli.usage', 'An export is more than ids; see `taskctl task list -o ids`');
  return named ?? printed ?? 'json';
}

/** `taskctl task import FILE`: from a file or from stdin. */
export function addImportCommand(task: Command, { run, spec }: Making): void {
  const command = addGlobals(task.command('import').description(spec.summary), ['dry-run']);
  command.argument('<file>', 'an export in JSON, NDJSON or CSV, or of Taskwarrior; -: stdin');
  command.addOption(format()).addOption(workspace());
  const existing = new Option(
    '--existing <which>',
    'which task wins where there is one already: the newer one, the one of the file, the one here',
  );
  command.addOption(existing.choices(['newer', 'replace', 'keep']).default('newer'));
  command.option(
    '--copy',
    'give the tasks other ids, the same ones at every repetition: for those of another workspace',
  );
  command.option('--continue-on-error', 'go on after a task that cannot be imported');
  command.option('--dry-run', 'change nothing, only say what would happen');
  command.option('--safe', 'CSV: take away the apostrophes that --safe put there');
  setAction(command.addHelpText('after', IMPORT_NOTE), run, async (globals, options) => {
    const { copy, continueOnError, dryRun, safe, ...given } = options as Record<string, never>;
    const flags = {
      copy: Boolean(copy),
      continueOnError: Boolean(continueOnError),
      dryRun: Boolean(dryRun),
      isGuarded: Boolean(safe),
    };
    const [file = ''] = command.args;
    const { importTasks } = await import('../transfer/import.ts');
    const { describeReport, failIncomplete } = await import('../transfer/import-report.ts');
    const { existing, format, workspaceId } = given;
    const report = await importTasks(run, globals, { file, existing, format, workspaceId, ...flags } as never);
    const { problems: _problems, ...item } = report;
    await run.reporter.print({ kind: 'record', item, text: describeReport(report) });
    failIncomplete(report, !flags.continueOnError);
  });
}
