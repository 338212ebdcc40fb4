import { type Command, Option } from 'commander';
import type { CommandSpec } from '../catalog/command-spec.ts';
import { addCommand, setAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

/** `taskctl stats`, `taskctl task stats`: numbers with small charts. */
export function addStatsCommand(
  parent: Command,
  { run, spec }: { readonly run: Run; readonly spec: CommandSpec },
): void {
  const command = addCommand(parent, 'stats', spec.summary);
  command.addOption(new Option('--days <number>', 'how many days to count back, today included (default: 14)'));
  command.option('--time-zone <name>', 'where days begin and end; by default that of --tz, or of the machine');
  command.option('--workspace-id <workspace-id>', 'workspace; the personal one by default');
  command.option('--ascii', 'charts of plain characters');
  setAction(command.addHelpText('after', `\n${spec.description}`), run, async (globals, options) => {
    const { showStats } = await import('../stats/stats.ts');
    const { days, timeZone, workspaceId, ascii } = options as Readonly<Record<string, string | undefined>>;
    await showStats(run, globals, { input: { days, timeZone, workspaceId }, isPlain: Boolean(ascii) });
  });
}
