import type { World } from '../scenario.ts';

/** Everything about a schema that migrations make, as text. */
const DESCRIPTION = `select string_agg(line, E'\\n' order by line) as text from (
  select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
    as line from information_schema.columns where table_schema = 'taskapp'
  union all select 'index ' || indexdef from pg_indexes where schemaname = 'taskapp'
  union all select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'taskapp'::regnamespace
  union all select 'type ' || t.typname || ' ' || e.enumlabel from pg_enum e join pg_type t on t.oid = e.enumtypid
  union all select 'invalid ' || indexrelid::regclass from pg_index where not indisvalid
  union all select 'migration ' || name from taskapp.migrations) lines`;

/** Makes an empty database for `work`, which gets its URL and a description of its schema; drops it afterwards. */
export async function withDatabase(
  world: World,
  name: string,
  work: (url: string, describe: () => Promise<string>) => Promise<void>,
) {
  const { postgres } = world.cluster;
  await postgres.admin(`create database ${name} owner app`, [], 'postgres');
  const describe = async () => (await postgres.admin<{ text: string }>(DESCRIPTION, [], name))[0]?.text ?? '';
  try {
    await work(postgres.url(undefined, name), describe);
  } finally {
    await postgres.admin(`drop database ${name} with (force)`, [], 'postgres');
  }
}
