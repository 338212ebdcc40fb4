import type { Knex } from 'knex';
import { Gauge, type Registry } from 'prom-client';

/** What this file uses of the pool that Knex keeps (tarn). */
interface Pool {
  numUsed(): number;
  numFree(): number;
  numPendingAcquires(): number;
}

/** Adds a gauge of the pool of `db`, read when somebody asks. */
export function addPool(registry: Registry, db: Knex): void {
  const read = {
    used: (pool: Pool) => pool.numUsed(),
    free: (pool: Pool) => pool.numFree(),
    pending: (pool: Pool) => pool.numPendingAcquires(),
  };
  const gauge = new Gauge({
    name: 'database_pool_connections',
    help: 'Connections of the pool in use and free, and calls that wait for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { pool } = db.client as { pool?: Pool };
      if (!pool) return;
      for (const [state, count] of Object.entries(read)) this.set({ state }, count(pool));
    },
  });
  registry.registerMetric(gauge);
}
