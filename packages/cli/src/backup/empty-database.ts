import type { Knex } from 'knex';
import { failCli } from '../failures.ts';
import { schemaVersionOf } from './format.ts';
import { countRows, liftLimits, listTables, lockTables } from './schema.ts';

/** Refuses a backup that has had migrations which this program does not know. */
export async function refuseNewer(db: Knex, migrations: readonly string[]): Promise<void> {
  const { migrationStatus } = await import('@taskapp/core');
  const { applied, pending, unknown } = await migrationStatus(db);
  const known = [...applied, ...pending].filter((name) => !unknown.includes(name)).sort();
  if (migrations.every((name, at) => name === known[at])) return;
  const versions = `of the schema ${schemaVersionOf(migrations)}, this program ends at ${schemaVersionOf(known)}`;
  failCli('cli.check_failed', `The backup is ${versions}`, {
    hint: 'Restore it with the version of taskctl that made it, or a newer one. Nothing was changed.',
  });
}

/** Refuses a database with anything in it; within a transaction nobody else can change that until its end. */
export async function refuseFilled(db: Knex | Knex.Transaction): Promise<void> {
  const tables = await listTables(db);
  if (db.isTransaction) await lockTables(db as Knex.Transaction, tables, 'access exclusive');
  const filled = [...(await countRows(db, tables))].filter(([, count]) => count > 0);
  if (filled.length === 0) return;
  const accounts = filled.find(([name]) => name === 'users');
  const what = accounts ? `accounts already (${accounts[1]})` : `data already (${filled[0]?.join(': ')})`;
  failCli('cli.not_empty', `The database holds ${what}`, {
    hint: 'Restore into an empty database, such as a new one. Nothing was changed.',
  });
}

/** Gives an empty database exactly these migrations: tables that have had others are dropped first. */
export async function migrateExactly(db: Knex, migrations: readonly string[]): Promise<void> {
  const { migrate, migrationStatus } = await import('@taskapp/core');
  const { applied } = await migrationStatus(db);
  if (applied.join() !== migrations.join()) await dropEmpty(db);
  await migrate(db, { to: migrations.at(-1) as string });
}

const LIST = `
  select format('%s taskapp.%I', case typtype when 'e' then 'type' else 'table' end, typname) as item
  from pg_type left join pg_class c on c.oid = typrelid
  where typnamespace = to_regnamespace('taskapp') and (typtype = 'e' or c.relkind in ('r', 'p'))
  union all select 'function ' || oid::regprocedure from pg_proc where pronamespace = to_regnamespace('taskapp')`;

/** Drops the schema if it holds no data, and nothing outside depends on it. */
export const dropEmpty = (db: Knex): Promise<void> =>
  db.transaction(async (trx) => {
    await liftLimits(trx);
    await refuseFilled(trx);
    const items: string[] = (await trx.raw(LIST)).rows.map(({ item }: { item: string }) => item);
    const tables = items.filter((item) => item.startsWith('table ')).map((item) => item.slice('table '.length));
    if (tables.length > 0) await trx.raw(`drop table ${tables.join(', ')}`);
    for (const item of items.filter((item) => !item.startsWith('table '))) await trx.raw(`drop ${item}`);
    await trx.raw('drop schema if exists taskapp');
  });
