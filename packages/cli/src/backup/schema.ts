import type { Knex } from 'knex';

/** A table with data of the app. */
export interface Table {
  readonly name: string;
  /** Those that can be written. */
  readonly columns: readonly string[];
  /** The columns of the primary key. */
  readonly key: readonly string[];
}

const TABLES = `
  with recursive data as (
    select oid, relname from pg_class
    where relnamespace = to_regnamespace('taskapp') and relkind in ('r', 'p') and not relispartition
      and relname not in ('migrations', 'migrations_lock')
  ), depth as (
    select oid, 0 as level from data
    union
    select fk.conrelid, level + 1 from depth
    join pg_constraint fk on fk.confrelid = depth.oid and fk.contype = 'f' and fk.conrelid <> fk.confrelid
    where level < 100
  )
  select data.relname as name,
    array(select attname::text from pg_attribute
      where attrelid = data.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns,
    array(select attname::text from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)
      where indrelid = data.oid and indisprimary order by attnum) as key
  from data join depth using (oid) group by data.oid, data.relname order by max(level), data.relname`;

/** All tables but the history of migrations, each after those that it refers to. */
export const listTables = async (db: Knex): Promise<Table[]> => (await db.raw(TABLES)).rows;

/** How many rows each table has. */
export async function countRows(db: Knex, tables: readonly Pick<Table, 'name'>[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { name } of tables) {
    const { rows } = await db.raw('select count(*) as n from taskapp.??', [name]);
    counts.set(name, Number(rows[0].n));
  }
  return counts;
}

/** Locks the tables until the end of the transaction. */
export async function lockTables(
  db: Knex.Transaction,
  tables: readonly Table[],
  mode: 'access share' | 'access exclusive',
): Promise<void> {
  if (tables.length === 0) return;
  const { list, names } = listNames(tables);
  await db.raw(`lock table ${list} in ${mode} mode`, names);
}

/** Lets PostgreSQL plan well right after the tables have been filled. */
export async function analyzeTables(db: Knex, tables: readonly Table[]): Promise<void> {
  const { list, names } = listNames(tables);
  await db.raw(`analyze ${list}`, names);
}

const listNames = (tables: readonly Table[]) => ({
  list: tables.map(() => 'taskapp.??').join(', '),
  names: tables.map(({ name }) => name),
});

/** A transaction may take as long as its data need, but waits ten seconds at most for somebody else's. */
export async function liftLimits(db: Knex.Transaction): Promise<void> {
  await db.raw(`set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
    set local lock_timeout = '10s'; set local timezone = 'UTC'`);
}
