import type { Knex } from 'knex';

/** Nothing in the log of changes is altered or removed, by a mistake of the app either. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create function taskapp.refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
    end $$;
    create trigger events_append_only before update or delete or truncate on taskapp.events
      for each statement execute function taskapp.refuse_change();
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger events_append_only on taskapp.events;
    drop function taskapp.refuse_change;
  `);
}
