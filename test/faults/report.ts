import { readFile, writeFile } from 'node:fs/promises';
import type { Row, Scenario } from './scenario.ts';

const DOCUMENT = new URL('../../docs/reliability.md', import.meta.url);
const BEGIN = '<!-- faults:begin -->';
const END = '<!-- faults:end -->';

type Results = ReadonlyMap<Scenario, Row>;

const COLUMNS: readonly (readonly [title: string, cell: (row: Row) => string | number])[] = [
  ['injections', (row) => row.injections],
  ['operations', (row) => row.operations],
  ['acked', (row) => row.acked],
  ['refused', (row) => row.refused],
  ['unknown', (row) => row.unknown],
  ['lost', (row) => row.lost],
  ['duplicated', (row) => row.duplicated],
  ['phantom', (row) => row.phantom],
  ['stale lists', (row) => row.staleLists],
  ['unexpected exits', (row) => row.unexpectedExits],
  ['longest recovery', (row) => (row.longestRecoveryMs > 0 ? `${row.longestRecoveryMs} ms` : '')],
  ['result', (row) => (row.isImpossible ? 'not run' : row.failures.length > 0 ? 'FAILED' : 'ok')],
];

const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;

/** The figures of a run as a Markdown table. */
export function formatTable(results: Results): string {
  const head = ['scenario', ...COLUMNS.map(([title]) => title)];
  const rows = [...results].map(([{ id, title }, row]) =>
    line([`${id} ${title}`, ...COLUMNS.map(([, cell]) => cell(row))]),
  );
  return [line(head), line(head.map(() => '---')), ...rows].join('\n');
}

/** Replaces what stands between the markers of docs/reliability.md. */
export async function writeReport(results: Results, isLong: boolean): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/reliability.md lacks ${BEGIN} or ${END}`);
  const notes = [...results].flatMap(([{ id }, row]) => row.notes.map((note) => `- ${id}: ${note}`));
  const command = `npm run test:faults --${isLong ? ' --long' : ''} --write`;
  const made = `Made by \`${command}\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}.`;
  const parts = [BEGIN, made, '', formatTable(results), '', ...notes, END];
  await writeFile(DOCUMENT, before + parts.join('\n') + after);
}

const MAX_SHOWN = 15;

/** One line for failures that differ in ids and numbers only. */
export function summarize(failures: readonly string[]): string[] {
  const groups = new Map<string, { first: string; count: number }>();
  for (const first of failures) {
    const kind = first.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/g, '#').slice(0, 120);
    const group = groups.get(kind) ?? { first, count: 0 };
    group.count += 1;
    groups.set(kind, group);
  }
  const lines = [...groups.values()].map(({ first, count }) => (count > 1 ? `${count} × ${first}` : first));
  return lines.slice(0, MAX_SHOWN);
}
