import type { Knex } from 'knex';

/** Who waits for a connection of a pool. */
export interface PoolWatch {
  waiting(): number;
  /** How long the first of them has waited; 0 where nobody waits. */
  longestWaitMs(): number;
}

/** What this file uses of the pool that Knex keeps (tarn); each call for a connection has an id of its own. */
interface Pool {
  on(event: 'acquireRequest' | 'acquireSuccess' | 'acquireFail', listener: (id: number) => void): unknown;
}

/** Watches the pool of `db` until that is destroyed. */
export function watchPool(db: Knex): PoolWatch {
  /** Since when each call waits; the first is the oldest. */
  const since = new Map<number, number>();
  const { pool } = db.client as { pool?: Pool };
  pool?.on('acquireRequest', (id) => since.set(id, performance.now()));
  pool?.on('acquireSuccess', (id) => since.delete(id));
  pool?.on('acquireFail', (id) => since.delete(id));
  return {
    waiting: () => since.size,
    longestWaitMs: () => {
      const [oldest] = since.values();
      return oldest === undefined ? 0 : performance.now() - oldest;
    },
  };
}
