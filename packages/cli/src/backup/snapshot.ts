import type { Knex } from 'knex';
import { failCli } from '../failures.ts';
import { createHeader, type Header } from './format.ts';
import { countRows, liftLimits, listTables, lockTables } from './schema.ts';

const BATCH_ROWS = 500;

/** The data at one moment, whatever is written meanwhile. */
export interface Snapshot {
  readonly header: Header;
  /** The name by which another session sees the same. */
  readonly id: string;
  /** The rows of a table as JSON, some hundred at a time, in the order of the primary key. */
  readRows(table: string): AsyncGenerator<string[]>;
}

/** Calls `work` with a snapshot, in one read-only transaction. */
export const withSnapshot = <T>(db: Knex, work: (snapshot: Snapshot) => Promise<T>): Promise<T> =>
  db.transaction(async (trx) => work(await describe(trx)), { isolationLevel: 'repeatable read', readOnly: true });

const FACTS = `
  select now() as "createdAt", current_setting('server_version') as postgres, pg_export_snapshot() as id`;

async function describe(trx: Knex.Transaction): Promise<Snapshot> {
  await liftLimits(trx);
  const tables = await listTables(trx);
  if (tables.length === 0) {
    failCli('database.unavailable', 'The database holds nothing of taskapp', { hint: 'Check DATABASE_URL.' });
  }
  await lockTables(trx, tables, 'access share');
  const { createdAt, postgres, id } = (await trx.raw(FACTS)).rows[0];
  const { migrationStatus } = await import('@taskapp/core');
  const { applied } = await migrationStatus(trx);
  const counts = await countRows(trx, tables);
  const header = createHeader({
    createdAt: createdAt.toISOString(),
    postgres,
    migrations: [...applied],
    tables: tables.map(({ name, columns }) => ({ name, columns: [...columns], rows: counts.get(name) ?? 0 })),
  });
  return {
    header,
    id,
    readRows: (name) => {
      const { columns = [], key = [] } = tables.find((table) => table.name === name) ?? {};
      return readRows(trx, { name, columns, key });
    },
  };
}

/** A line end in JSON is never part of a value, only of its layout in a column of type `json`. */
async function* readRows(trx: Knex.Transaction, { name, columns, key }: TableOrder): AsyncGenerator<string[]> {
  const list = (names: readonly string[]) => names.map(() => '??').join(', ');
  const order = key.length > 0 ? `order by ${list(key)}` : '';
  const rows = `select ${list(columns)} from taskapp.?? ${order}`;
  await trx.raw(
    `declare taskctl_rows no scroll cursor for
      select replace(row_to_json(t)::text, E'\\n', ' ') as json from (${rows}) t`,
    [...columns, name, ...key],
  );
  for (;;) {
    const { rows } = await trx.raw(`fetch ${BATCH_ROWS} from taskctl_rows`);
    if (rows.length === 0) break;
    yield rows.map(({ json }: { json: string }) => json);
  }
  await trx.raw('close taskctl_rows');
}

interface TableOrder {
  readonly name: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
}
