import type { Facts, TaskRow } from './facts.ts';
import type { Operation } from './ledger.ts';

/** How the database differs from what clients were told. All of it has to be nothing. */
export interface Verdict {
  /** Acknowledged, and not there. */
  lost: number;
  /** There more than once. */
  duplicated: number;
  /** There although refused, or although nobody asked for it. */
  phantom: number;
  readonly problems: string[];
}

type Loss = 'lost' | 'duplicated' | 'phantom';

/** Judges the facts by the ledger: V1 to V10 of the catalogue of faults. */
export function verify(ledger: readonly Operation[], facts: Facts): Verdict {
  const verdict: Verdict = { lost: 0, duplicated: 0, phantom: 0, problems: [...facts.broken] };
  const report = (loss: Loss, problem: string) => {
    verdict[loss] += 1;
    if (verdict.problems.length < 40) verdict.problems.push(`${loss}: ${problem}`);
  };
  const effects = countEffects(facts);
  for (const operation of ledger) {
    const name = effectOf(operation);
    judgeCount(operation, effects.get(name) ?? 0, report);
    effects.delete(name);
  }
  // V4: what is left was done by nobody.
  for (const [name, count] of effects)
    for (let n = 0; n < count; n += 1) report('phantom', `${name} without an intent`);
  judgeRows(ledger, facts, report);
  judgeKeys(ledger, facts, report);
  return verdict;
}

type Report = (loss: Loss, problem: string) => void;

/** The one event that an operation leaves: every value that a client writes is written once. */
function effectOf({ kind, task, fields }: Operation): string {
  if (kind === 'create') return `created ${fields?.title}`;
  return kind === 'update' ? `updated ${fields?.description}` : `removed ${task}`;
}

function countEffects({ events }: Facts): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { type, entity_id, changes } of events) {
    const name =
      type === 'task.created'
        ? `created ${changes.title?.to}`
        : type === 'task.updated'
          ? `updated ${changes.description?.to}`
          : `removed ${entity_id}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** V1, V2, V3, V6, V7: acknowledged once, refused never, unknown at most once. */
function judgeCount(operation: Operation, count: number, report: Report): void {
  const { outcome, op, kind } = operation;
  const what = `${kind} ${op} (${outcome}) happened ${count} times`;
  if (outcome === 'acked' && count === 0) report('lost', what);
  if (outcome === 'refused' && count > 0) report('phantom', what);
  if (count > 1) report('duplicated', what);
}

/** V1, V5, V6: the rows are what the events add up to, and what the answers said. */
function judgeRows(ledger: readonly Operation[], { tasks, events }: Facts, report: Report): void {
  const expected = new Map<string, { title: unknown; description: unknown; version: number }>();
  for (const { type, entity_id: id, changes } of events) {
    const before = expected.get(id);
    if (type === 'task.created')
      expected.set(id, { title: changes.title?.to, description: changes.description?.to, version: 1 });
    else if (type === 'task.removed') expected.delete(id);
    else if (before?.description !== changes.description?.from)
      report('lost', `an update before that of ${id} to version ${(before?.version ?? 0) + 1}`);
    if (type === 'task.updated' && before)
      expected.set(id, { ...before, description: changes.description?.to, version: before.version + 1 });
  }
  for (const row of tasks) judgeRow(row, expected.get(row.id), report);
  const rows = new Set(tasks.map(({ id }) => id));
  for (const id of expected.keys()) if (!rows.has(id)) report('lost', `the row of task ${id}`);
  const told = ledger.filter(({ kind, outcome, id }) => kind === 'create' && outcome === 'acked' && id);
  const created = new Set(events.filter(({ type }) => type === 'task.created').map(({ entity_id }) => entity_id));
  for (const { id, op } of told) if (!created.has(id as string)) report('lost', `task ${id} of ${op}, under this id`);
}

function judgeRow(
  row: TaskRow,
  expected: { title: unknown; description: unknown; version: number } | undefined,
  report: Report,
): void {
  if (!expected) {
    report('phantom', `the row of task ${row.id}`);
    return;
  }
  const { title, description, version } = expected;
  const isSame = row.title === title && row.description === description && row.version === version;
  if (!isSame) report('lost', `the last state of task ${row.id}: version ${row.version}, not ${version}`);
}

/** V9: a key is there if and only if its effect is. */
function judgeKeys(ledger: readonly Operation[], { keys }: Facts, report: Report): void {
  const stored = new Map(keys.map(({ key, json }) => [key, json]));
  for (const { key, outcome, id, kind } of ledger) {
    if (key === undefined) continue;
    const json = stored.get(key);
    stored.delete(key);
    if (outcome === 'acked' && json === undefined) report('lost', `the key ${key}`);
    if (outcome === 'refused' && json !== undefined) report('phantom', `the key ${key}`);
    if (outcome === 'acked' && kind === 'create' && json && JSON.parse(json).id !== id)
      report('duplicated', `the answer of key ${key}`);
  }
  for (const key of stored.keys()) report('phantom', `the key ${key} of nobody`);
}
