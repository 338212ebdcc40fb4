import type { Db } from './database.ts';

/** What this file uses of Knex's client; a transaction has one of its own, bound to its connection. */
interface StatementClient {
  acquireConnection(): Promise<unknown>;
  releaseConnection(connection: unknown): Promise<void>;
  query(connection: unknown, query: { readonly sql: string; readonly bindings: readonly unknown[] }): Promise<Sent>;
}

interface Sent {
  readonly response: StatementResult<never>;
}

export interface StatementResult<Row> {
  readonly rows: readonly Row[];
  readonly rowCount: number;
}

/**
 * Runs a statement with `$1` parameters. It goes the way of every query of `db`, with its pool, events, names and
 * errors, but nothing is built for it: that costs more than the driver's own work.
 */
export async function runStatement<Row>(
  db: Db,
  sql: string,
  bindings: readonly unknown[],
): Promise<StatementResult<Row>> {
  const client = db.client as StatementClient;
  const connection = await client.acquireConnection();
  try {
    const { response } = await client.query(connection, { sql, bindings });
    return response;
  } finally {
    await client.releaseConnection(connection);
  }
}
