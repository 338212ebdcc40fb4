import type { Row } from '../render/result.ts';

/** A task that can be sent, and where it stands in its file. */
export interface Item {
  readonly line: number;
  readonly task: Row;
  /** True where its id was made from what it says. */
  readonly isNamed: boolean;
  readonly isTaskwarrior: boolean;
}

/** What one call takes, below the limits of the operation and of a server. */
const MAX_CHARACTERS = 300_000;

/**
 * Puts tasks together as one call can take them: of one kind, none of them twice. The order stays, so that the last one
 * of several with one id wins.
 */
export function createBatches(maxItems: number) {
  let items: Item[] = [];
  let ids = new Set<unknown>();
  let size = 0;
  const take = (): readonly Item[] => {
    const full = items;
    [items, ids, size] = [[], new Set(), 0];
    return full;
  };
  return {
    /** Adds a task; returns the tasks to send before it, which may be none. */
    add: (item: Item): readonly Item[] => {
      const length = JSON.stringify(item.task).length;
      const id = String(item.task.id).toLowerCase();
      const hasRoom = items.length < maxItems && size + length <= MAX_CHARACTERS && !ids.has(id);
      const isOfKind = items.length === 0 || items[0]?.isNamed === item.isNamed;
      const full = hasRoom && isOfKind ? [] : take();
      items.push(item);
      ids.add(id);
      size += length;
      return full;
    },
    /** Returns the tasks that are left. */
    take,
  };
}
