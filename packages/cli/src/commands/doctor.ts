import type { Command } from 'commander';
import type { Check } from '../doctor/check.ts';
import { failCli } from '../failures.ts';
import { addCommand, setDatabaseAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

const FIELDS = ['status', 'name', 'detail', 'fix'];

/** `taskctl doctor`: what is wrong here, and what to do about it. */
export function addDoctorCommand(program: Command, run: Run): void {
  const summary = 'Check the machine, the configuration, PostgreSQL and Redis; exit with 10 when a check fails';
  setDatabaseAction(addCommand(program, 'doctor', summary), run, async () => {
    const { checkAll } = await import('../doctor/doctor.ts');
    const checks = await checkAll(run);
    const items = checks.map(({ status, name, detail, fix = null }) => ({ status, name, detail, fix }));
    await run.reporter.print({ kind: 'list', items, fields: FIELDS, text: toLines(checks) });
    const failed = checks.filter(({ status }) => status === 'fail').length;
    if (failed > 0) failCli('cli.check_failed', `${failed} of ${checks.length} checks failed`);
  });
}

const STATUS_WIDTH = 6;
const NAME_WIDTH = 14;

function toLines(checks: readonly Check[]): string {
  const lines = checks.flatMap(({ status, name, detail, fix }) => [
    `${status.padEnd(STATUS_WIDTH)}${name.padEnd(NAME_WIDTH)}${detail}`,
    ...(fix ? [`${' '.repeat(STATUS_WIDTH + NAME_WIDTH)}${fix}`] : []),
  ]);
  return `${lines.join('\n')}\n`;
}
