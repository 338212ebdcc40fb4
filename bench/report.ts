import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { Goal } from './goals/goal.ts';
import type { ScenarioName } from './load/requests.ts';
import { type Measurements, spread } from './measure.ts';

/** What a run has found. */
export interface Findings {
  readonly scenarios: Partial<Record<ScenarioName, Measurements>>;
  readonly goals: readonly Goal[];
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const figures = (values: readonly number[]) => {
  const { median, min, max } = spread(values);
  return `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`;
};

/** The findings as two tables. */
export function formatFindings({ scenarios, goals }: Findings): string {
  const measured = Object.entries(scenarios).flatMap(([scenario, servers]) =>
    Object.entries(servers).map(([server, runs]) => [
      scenario,
      server,
      figures(runs.map(({ perSecond }) => perSecond)),
      figures(runs.map(({ cpuUs }) => cpuUs)),
      figures(runs.map(({ p50 }) => p50)),
      figures(runs.map(({ p99 }) => p99)),
    ]),
  );
  const promised = goals.map(({ title, wanted, measured, holds, unmeasurable }) => [
    title,
    wanted,
    measured,
    unmeasurable ?? (holds ? 'yes' : '**no**'),
  ]);
  return [
    table(['scenario', 'server', 'requests/s', 'CPU a request, µs', 'p50, ms', 'p99, ms'], measured),
    table(['goal', 'wanted', 'measured', 'holds'], promised),
  ].join('\n\n');
}

const DOCUMENT = new URL('../docs/performance.md', import.meta.url);
const [BEGIN, END] = ['<!-- bench:begin -->', '<!-- bench:end -->'];

/** Puts the findings between the marks in docs/performance.md. */
export async function writeFindings(findings: Findings): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8');
  const [head, tail] = [text.split(BEGIN)[0], text.split(END)[1]];
  const today = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}`;
  const intro = `Made by \`npm run bench -- --write\` on ${today}: ${machine}. Medians of all rounds (minimum–maximum).`;
  await writeFile(DOCUMENT, `${head}${BEGIN}\n${intro}\n\n${formatFindings(findings)}\n${END}${tail}`);
}
