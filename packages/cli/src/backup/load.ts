import type { Knex } from 'knex';
import { failCli } from '../failures.ts';
import { readDocument } from './document.ts';
import { refuseFilled } from './empty-database.ts';
import { failDamaged, type Header } from './format.ts';
import { countRows, liftLimits } from './schema.ts';
import type { SourceFile } from './source-file.ts';

/** How a backup is loaded. */
export interface Loading {
  /** Of the file that was checked. */
  readonly sha256: string;
  readonly signal: AbortSignal | undefined;
  readonly onRows: (count: number) => void;
  /** The last act of the transaction. */
  finish(db: Knex.Transaction): Promise<void>;
}

/** Loads all rows into empty tables of the backup's schema, or none: one transaction. */
export const loadDocument = (db: Knex, source: SourceFile, loading: Loading): Promise<void> =>
  db.transaction(async (trx) => {
    await liftLimits(trx);
    await refuseFilled(trx);
    let tables: Header['tables'] = [];
    for await (const part of readDocument(source.read())) {
      if (loading.signal?.aborted) failCli('cli.interrupted', 'Interrupted');
      if (part.kind === 'header') ({ tables } = part.header);
      if (part.kind === 'end' && part.sha256 !== loading.sha256) failDamaged('it changed while it was read');
      if (part.kind !== 'rows') continue;
      const table = tables.find(({ name }) => name === part.table) ?? failDamaged('a table is unknown');
      await insertRows(trx, table, part.rows);
      loading.onRows(part.rows.length);
    }
    await refuseMissing(trx, tables);
    await loading.finish(trx);
  });

/** PostgreSQL reads the values as it wrote them; on the way nothing is turned into numbers or dates of JavaScript. */
async function insertRows(
  db: Knex.Transaction,
  { name, columns }: Header['tables'][number],
  rows: readonly string[],
): Promise<void> {
  const list = columns.map(() => '??').join(', ');
  await db.raw(
    `insert into taskapp.?? (${list}) overriding system value
      select ${list} from json_populate_recordset(null::taskapp.??, ?::json)`,
    [name, ...columns, ...columns, name, `[${rows.join(',')}]`],
  );
}

async function refuseMissing(db: Knex.Transaction, tables: Header['tables']): Promise<void> {
  const counts = await countRows(db, tables);
  const wrong = tables.find(({ name, rows }) => counts.get(name) !== rows);
  if (wrong) failCli('cli.check_failed', `${counts.get(wrong.name)} of ${wrong.rows} rows of ${wrong.name} arrived`);
}
