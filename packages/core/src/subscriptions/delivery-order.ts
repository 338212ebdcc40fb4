import type { FoundEvent, Position } from './event-reader.queries.ts';

/** What of a page can be told now. */
export interface Due {
  /** In the order of the transactions, and in each workspace in that of its versions. */
  readonly events: readonly FoundEvent[];
  /** Where the consumer is once all of them were told. */
  readonly after: Position;
}

/**
 * Finds what of a page can be told without leaving out the event before one: that may be of a transaction that is not
 * over, or on the next page.
 *
 * @param isFull whether there may be more of the page's last transaction
 */
export function findDue(page: readonly FoundEvent[], position: Position, isFull: boolean): Due {
  const due = withoutGaps(page);
  const last = isFull ? page.at(-1)?.xid : undefined;
  const complete = due.filter(({ xid }) => xid !== last);
  const xid = complete.at(-1)?.xid.toString() ?? position.xid;
  const told = due.filter((event) => event.xid === last).map(({ id }) => id);
  // Those of a transaction that is told in parts were never of one that is complete.
  const kept = complete.length === 0 ? position.told : [];
  return { events: byVersion(due), after: { ...position, xid, told: [...kept, ...told] } };
}

function withoutGaps(page: readonly FoundEvent[]): readonly FoundEvent[] {
  let due = page;
  for (;;) {
    const ids = new Set(due.map(({ id }) => id));
    const early = due.find(({ predecessor }) => predecessor !== null && !ids.has(predecessor));
    if (!early) return due;
    due = due.filter(({ xid }) => xid < early.xid);
  }
}

/** Puts the events of each workspace in order, at the places that they have together. */
function byVersion(events: readonly FoundEvent[]): FoundEvent[] {
  const queues = new Map<string, FoundEvent[]>();
  for (const event of [...events].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))) {
    if (event.workspaceId === null) continue;
    const queue = queues.get(event.workspaceId) ?? [];
    queues.set(event.workspaceId, queue);
    queue.push(event);
  }
  return events.map((event) => queues.get(event.workspaceId ?? '')?.shift() ?? event);
}
