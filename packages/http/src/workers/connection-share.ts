import { connect } from '@taskapp/core';
import type { Config } from '../config.structure.ts';
import { startError } from '../start-errors.ts';

/** Connections that are left to commands, and to migrations. */
const RESERVE = 6;
/** With fewer a worker can hardly do two things at a time. */
const MIN_EACH = 2;

/** What the server, the role and the database allow together. */
const ALLOWED = `select least(
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int,
  (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user),
  (select nullif(datconnlimit, -1) from pg_database where datname = current_database())) as allowed`;

/**
 * How many connections each worker may open, `DATABASE_POOL_MAX` at most: while one is replaced there is one more of
 * them, and PostgreSQL has to take them all. Behind a pooler that decides what PostgreSQL gets to see.
 *
 * @throws server.too_few_connections
 */
export async function shareConnections({ database, workers }: Config): Promise<number> {
  if (database.pooler) return database.poolMax;
  const db = connect(database.directUrl, { poolMax: 1, applicationName: 'taskapp-start' });
  const { rows } = await db.raw(ALLOWED).finally(() => db.destroy());
  const { allowed } = rows[0] as { allowed: number };
  const each = Math.min(database.poolMax, Math.floor((allowed - RESERVE) / (workers + 1)));
  if (each >= Math.min(MIN_EACH, database.poolMax)) return each;
  const advice = 'lower WORKERS, or raise max_connections';
  const message = `PostgreSQL takes ${allowed} connections, too few for ${workers} workers: ${advice}`;
  throw startError('server.too_few_connections', message);
}
