import type { Entry, Intent } from '../client/journal.ts';
import type { Outcome } from '../client/outcome.ts';

/** One operation as the journal tells it. */
export interface Operation extends Intent {
  readonly outcome: Outcome;
  /** The id of the task, where an answer told it. */
  readonly id?: string | undefined;
  readonly version?: number | undefined;
}

/** All operations of a journal. An intent without a result is one whose client never learned anything. */
export function readLedger(entries: readonly Entry[]): Operation[] {
  const operations = new Map<string, Operation>();
  for (const { at, ...entry } of entries) {
    if (at === 'intent') operations.set(entry.op, { ...(entry as Intent), outcome: 'unknown' });
    else {
      const { op, outcome, id, version } = entry as Operation;
      const intent = operations.get(op);
      if (!intent) throw new Error(`The journal has a result without an intent: ${op}`);
      operations.set(op, { ...intent, outcome, id, version });
    }
  }
  return mergeRemovals([...operations.values()]);
}

const CERTAINTY: readonly Outcome[] = ['refused', 'unknown', 'acked'];

/** A removal that was refused is tried again later, and the task is removed once: the best outcome counts. */
function mergeRemovals(operations: readonly Operation[]): Operation[] {
  const best = new Map<string, Operation>();
  for (const operation of operations.filter(({ kind }) => kind === 'remove')) {
    const known = best.get(operation.task ?? '');
    const isBetter = !known || CERTAINTY.indexOf(operation.outcome) > CERTAINTY.indexOf(known.outcome);
    if (isBetter) best.set(operation.task ?? '', operation);
  }
  return [...operations.filter(({ kind }) => kind !== 'remove'), ...best.values()];
}
