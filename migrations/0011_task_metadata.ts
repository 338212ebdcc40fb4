import type { Knex } from 'knex';

/** What integrations keep about tasks. A table of its own: lists and reads of tasks do not pay for it. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table taskapp.task_metadata (
      task_id uuid not null,
      data jsonb not null,
      constraint task_metadata_pkey primary key (task_id),
      constraint task_metadata_task_id_fkey foreign key (task_id) references taskapp.tasks (id) on delete cascade,
      constraint task_metadata_data_check check (jsonb_typeof(data) = 'object')
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table taskapp.task_metadata');
}
