import type { Knex } from 'knex';
import { recordEvent } from './events/account-events.queries.ts';

const STATE = `select to_regclass('taskapp.events') is not null as "hasLog",
  (select count(*)::int from taskapp.migrations) as applied`;

/**
 * Makes a hook for Knex that records a change of the schema. The migrations that made the database leave nothing: a
 * new one is empty, and the history of migrations tells when that was.
 */
export const recordMigration =
  ({ type, reason }: { type: 'database.migrated' | 'database.rolled_back'; reason: string }) =>
  async (trx: Knex, names: readonly unknown[]): Promise<void> => {
    const { hasLog, applied } = (await trx.raw(STATE)).rows[0];
    const isMigrated = type === 'database.migrated';
    if (!hasLog || (isMigrated && applied === names.length)) return;
    const caller = { actor: { kind: 'system' as const, reason } };
    const changes = { migrations: { [isMigrated ? 'to' : 'from']: names } };
    await recordEvent(trx as Knex.Transaction, caller, { type, entityId: null, changes });
  };
