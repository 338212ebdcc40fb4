import type { Knex } from 'knex';

const COLUMN = 'alter table taskapp.events add column if not exists xid xid8';
const INDEX = 'events_xid_idx on taskapp.events (xid) where xid is not null';

type Run = (sql: string) => Promise<{ readonly rows: readonly object[] }>;

/** Whoever comes to the table while this waits for it would have to wait behind it. */
const ADD_COLUMN = `set lock_timeout = '500ms'; ${COLUMN}; set lock_timeout = '30s'`;

/** Builds the index beside writers; the column has no values yet, so that nothing is rewritten. */
export async function prepare(run: Run): Promise<void> {
  const { rows: tables } = await run(`select 1 from pg_class where oid = to_regclass('taskapp.events')`);
  if (tables.length === 0) return;
  await run(ADD_COLUMN);
  const { rows: broken } = await run(
    `select 1 from pg_index where indexrelid = to_regclass('taskapp.events_xid_idx') and not indisvalid`,
  );
  if (broken.length > 0) await run('drop index concurrently taskapp.events_xid_idx');
  await run(`create index concurrently if not exists ${INDEX}`);
}

/**
 * What listeners are told from: the transaction of every event, which tells what has been committed completely, and how
 * far each named consumer has come.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(COLUMN);
  await knex.raw(`create index if not exists ${INDEX}`);
  await knex.raw(`
    alter table taskapp.events alter column xid set default pg_current_xact_id();
    create table taskapp.event_consumers (
      name text not null,
      xid xid8 not null,
      told uuid[] not null default '{}',
      since pg_snapshot not null,
      moved_at timestamptz(3),
      not_before timestamptz(3),
      holder uuid,
      held_until timestamptz(3),
      updated_at timestamptz(3) not null default now(),
      constraint event_consumers_pkey primary key (name),
      constraint event_consumers_name_length check (char_length(name) between 1 and 100)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table taskapp.event_consumers');
  await knex.raw('alter table taskapp.events drop column xid');
}
