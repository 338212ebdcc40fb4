import DataLoader from 'dataloader';
import type { Db } from './database.ts';
import { runStatement, type Statement } from './statement.ts';

const SIZES = [1, 2, 4, 8, 16, 32, 64];
const MAX_BATCH = Math.max(...SIZES);
const RECORDS = [8, MAX_BATCH];

/**
 * Collects the questions of one turn of the event loop and answers them together, in their order; a single one waits
 * for the end of the turn, and nothing else. Nothing is kept: every question is answered by a `load` that begins after it.
 * A `load` is asked `most` of them.
 */
export function batch<K, V>(
  load: (keys: readonly K[]) => Promise<readonly V[]>,
  most = MAX_BATCH,
): (key: K) => Promise<V> {
  const loader = new DataLoader<K, V>(load, {
    cache: false,
    maxBatchSize: most,
    batchScheduleFn: (start) => void setImmediate(start),
  });
  return (key) => loader.load(key);
}

/**
 * Makes a query about several keys, each a list of values of `types`: `text` is given SQL of a table of them, numbered
 * from 1 after their values, and selects that `number` with what it finds. Resolves with the rows in the order of the keys.
 *
 * There is a text for each of a few sizes, and nulls fill it up: PostgreSQL keeps the plan of such a text, while one with
 * an array is planned anew each time, since it might be long.
 */
export function forBatches<Row>(types: readonly string[], text: (rows: string) => string) {
  const texts = SIZES.map((size) => text(valuesOf(types, size)));
  return async (db: Db, keys: readonly (readonly unknown[])[]): Promise<(Row | undefined)[]> => {
    const at = SIZES.findIndex((size) => size >= keys.length);
    const missing = ((SIZES[at] ?? 0) - keys.length) * types.length;
    const bindings = [...keys.flat(), ...Array(missing).fill(null)];
    const { rows } = await runStatement<Row & { readonly number: number }>(db, { sql: texts[at] ?? '', bindings });
    const found: (Row | undefined)[] = keys.map(() => undefined);
    for (const row of rows) found[row.number - 1] = row;
    return found;
  };
}

function valuesOf(types: readonly string[], size: number): string {
  const row = (_: unknown, at: number) => {
    const values = types.map((type, column) => `$${at * types.length + column + 1}::${type}`);
    return `(${values.join(', ')}, ${at + 1})`;
  };
  return `(values ${Array.from({ length: size }, row).join(', ')})`;
}

/**
 * Makes statements about several records, which travel as one JSON text: `text` is given SQL of a table of them, with
 * `columns` of these types. The limit of a text is PostgreSQL's guess of their number. There are two, since each connection
 * plans each text five times before it keeps the plan.
 */
export function forRecords(columns: Readonly<Record<string, string>>, text: (records: string) => string) {
  const list = Object.entries(columns).map(([name, type]) => `"${name}" ${type}`);
  const records = `json_to_recordset($1::json) r (${list.join(', ')})`;
  const texts = RECORDS.map((size) => text(`(select * from ${records} limit ${size})`));
  return (given: readonly object[]): Statement => {
    const at = RECORDS.findIndex((size) => size >= given.length);
    return { sql: texts[at] ?? '', bindings: [JSON.stringify(given)] };
  };
}
