import type { Db } from './database.ts';

/** SQL with `$1` parameters, and their values. */
export interface Statement {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

export interface StatementResult<Row> {
  readonly rows: readonly Row[];
  readonly rowCount: number;
}

/** What this file uses of Knex's client; a transaction has one of its own, bound to its connection. */
interface StatementClient {
  acquireConnection(): Promise<unknown>;
  releaseConnection(connection: unknown): Promise<void>;
  query(connection: unknown, query: Statement): Promise<{ readonly response: StatementResult<never> }>;
}

/**
 * Runs a statement. It goes the way of every query of `db`, with its pool, events, names and errors, but nothing is
 * built for it: that costs more than the driver's own work. `onSend` hears of the moment from which on it may take effect.
 */
export async function runStatement<Row>(
  db: Db,
  { sql, bindings }: Statement,
  onSend?: () => void,
): Promise<StatementResult<Row>> {
  const client = db.client as StatementClient;
  const connection = await client.acquireConnection();
  try {
    onSend?.();
    const { response } = await client.query(connection, { sql, bindings });
    return response;
  } finally {
    await client.releaseConnection(connection);
  }
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Makes a function that gives values to the `:names` of a text; each of them is one parameter, so its type is clear. What
 * `values` does not have is taken from `others`: putting both into one object would cost more than the look-up.
 */
export function named(text: string): (values: Values, others?: Values) => Statement {
  const names: string[] = [];
  const sql = text.replace(/(?<![:\w]):([a-z]\w*)/gi, (_match, name: string) => {
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  return (values, others = values) => ({
    sql,
    bindings: names.map((name) => (name in values ? values[name] : others[name])),
  });
}
