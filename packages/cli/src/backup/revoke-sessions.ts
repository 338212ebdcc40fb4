import type { Config } from '@taskapp/http/config';
import type { Knex } from 'knex';
import { describeOperator } from '../connection/session.ts';

/** Ends the sessions that a restore brought back; in a transaction, all of them or none. */
export async function revokeSessions(db: Knex | Knex.Transaction, config: Config): Promise<number> {
  const { createTaskApp } = await import('@taskapp/core');
  await using app = createTaskApp({ ...config.app, db, redis: null });
  const { revoked } = await app.sessions.revokeAll({ actor: { kind: 'system', reason: describeOperator() } });
  return revoked;
}
