import { findMissingLimits } from '@taskapp/core';
import type { Knex } from 'knex';
import { reasonOf } from '../connection/database.ts';
import { type Check, fail, ok, warn } from './check.ts';

interface Connections {
  /** By DATABASE_URL. */
  readonly url: Knex;
  /** By DATABASE_DIRECT_URL. */
  readonly direct: Knex;
  readonly prepared: boolean;
  /** DATABASE_POOLER: transactions of one client come to many sessions. */
  readonly pooler: boolean;
}

/** Whether the server can work behind the pooler of DATABASE_URL; nothing where it connects to PostgreSQL itself. */
export async function checkPooler({ url, direct, prepared, pooler }: Connections): Promise<Check[]> {
  // A pooler that keeps a session for each client, which nobody can see from here, would do.
  const complain = pooler ? fail : warn;
  try {
    const session = await readSession(url);
    if (!session.isPooled) return pooler ? [warn('pooler', 'there is none', 'Unset DATABASE_POOLER.')] : [];
    const checks = [checkLimits(await findMissingLimits(url))];
    if (prepared && !session.keepsNames) {
      const fix = 'Set max_prepared_statements in PgBouncer 1.21 or later, or DATABASE_PREPARED=false.';
      checks.push(complain('prepared statements', 'the pooler does not keep them', fix));
    }
    if ((await readSession(direct)).isPooled) {
      const fix = 'Set DATABASE_DIRECT_URL to the address of PostgreSQL itself.';
      checks.push(
        complain('direct connection', 'a pooler is in between: migrations would not lock each other out', fix),
      );
    }
    return checks;
  } catch (error) {
    return [fail('pooler', reasonOf(error), 'Start it, or correct DATABASE_URL.')];
  }
}

function checkLimits(missing: readonly string[]): Check {
  const name = 'time limits';
  if (missing.length === 0) return ok(name, 'in force behind the pooler');
  const fix = `Run in psql: ${missing.join('; ')}; then RECONNECT in the pooler.`;
  return fail(name, 'not in force behind the pooler: slow statements would never end', fix);
}

/** A connection of the driver `pg`. */
interface Connection {
  /** As it was told at the start. */
  readonly processID: number;
  query(query: string | object): Promise<{ readonly rows: readonly { readonly pid: number }[] }>;
}

const PROBE = 'taskctl_probe';

/** A pooler makes up process ids, and, where it takes care of prepared statements, names for those. */
async function readSession(db: Knex): Promise<{ readonly isPooled: boolean; readonly keepsNames: boolean }> {
  const connection: Connection = await db.client.acquireRawConnection();
  try {
    await connection.query('begin');
    await connection.query({ name: PROBE, text: 'select $1::int', values: [1] });
    const pid = await connection.query('select pg_backend_pid() as pid');
    const found = await connection.query(`select 1 as pid from pg_prepared_statements where name = '${PROBE}'`);
    const keepsNames = found.rows.length === 0;
    await connection.query(keepsNames ? 'rollback' : `deallocate ${PROBE}; rollback`);
    return { isPooled: pid.rows[0]?.pid !== connection.processID, keepsNames };
  } finally {
    await db.client.destroyRawConnection(connection);
  }
}
