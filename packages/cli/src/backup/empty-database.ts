import type { Knex } from 'knex';
import { failCli } from '../failures.ts';
import { schemaVersionOf } from './format.ts';
import { countRows, liftLimits, listTables, lockTables } from './schema.ts';

/** Refuses a backup that has had migrations which this program does not know. */
export async function refuseNewer(db: Knex, migrations: readonly string[]): Promise<void> {
  const { migrationStatus } = await import('@taskapp/core');
  const { applied, pending } = await migrationStatus(db);
  const unknown = migrations.filter((name) => !applied.includes(name) && !pending.includes(name));
  if (unknown.length === 0) return;
  const known = schemaVersionOf([...applied, ...pending].sort());
  const wanted = schemaVersionOf(migrations);
  failCli('cli.check_failed', `The backup is of the schema ${wanted}, this program ends at ${known}`, {
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
  if (applied.some((name, at) => name !== migrations[at])) await dropEmpty(db);
  await migrate(knowingOnly(db, migrations));
}

const LIST = `
  select format('%s taskapp.%I', case typtype when 'e' then 'type' else 'table' end, typname) as item
  from pg_type left join pg_class c on c.oid = typrelid
  where typnamespace = to_regnamespace('taskapp') and (typtype = 'e' or c.relkind in ('r', 'p')) order by typtype`;

/** Drops the schema if it holds no data, and nothing outside depends on it. */
export const dropEmpty = (db: Knex): Promise<void> =>
  db.transaction(async (trx) => {
    await liftLimits(trx);
    await refuseFilled(trx);
    const items: string[] = (await trx.raw(LIST)).rows.map(({ item }: { item: string }) => item);
    const tables = items.filter((item) => item.startsWith('table ')).map((item) => item.slice('table '.length));
    if (tables.length > 0) await trx.raw(`drop table ${tables.join(', ')}`);
    for (const type of items.filter((item) => item.startsWith('type '))) await trx.raw(`drop ${type}`);
    await trx.raw('drop schema if exists taskapp');
  });

/** The same Knex, for which there are no other migrations than these. */
function knowingOnly(db: Knex, names: readonly string[]): Knex {
  const limit = (config: Knex.MigratorConfig): Knex.MigratorConfig => {
    const source = config.migrationSource as Knex.MigrationSource<string>;
    const getMigrations = async (extensions: readonly string[]) =>
      (await source.getMigrations(extensions)).filter((name) => names.includes(name));
    return { ...config, migrationSource: { ...source, getMigrations } };
  };
  const migrator = {
    latest: (config: Knex.MigratorConfig) => db.migrate.latest(limit(config)),
    forceFreeMigrationsLock: (config: Knex.MigratorConfig) => db.migrate.forceFreeMigrationsLock(limit(config)),
  };
  return new Proxy(db, { get: (target, key) => (key === 'migrate' ? migrator : Reflect.get(target, key)) });
}
