import type { Knex } from 'knex';

/** Tasks and tags. Every index serves a filter or a sort that the list of tasks offers. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create type taskapp.task_status as enum ('TODO', 'IN_PROGRESS', 'DONE', 'CANCELLED');
    create type taskapp.task_priority as enum ('LOW', 'MEDIUM', 'HIGH', 'URGENT');
    create table taskapp.tasks (
      id uuid not null,
      workspace_id uuid not null,
      creator_id uuid,
      title text not null,
      description text,
      status taskapp.task_status not null default 'TODO',
      priority taskapp.task_priority not null default 'MEDIUM',
      due_date timestamptz(3),
      completed_at timestamptz(3),
      version integer not null default 1,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      constraint tasks_pkey primary key (id),
      constraint tasks_workspace_id_fkey
        foreign key (workspace_id) references taskapp.workspaces (id) on delete cascade,
      constraint tasks_creator_id_fkey foreign key (creator_id) references taskapp.users (id) on delete set null,
      constraint tasks_title_length check (char_length(title) between 1 and 200),
      constraint tasks_description_length check (char_length(description) <= 5000),
      constraint tasks_completed_check check ((status = 'DONE') = (completed_at is not null))
    );
    create index tasks_newest_idx on taskapp.tasks (workspace_id, created_at desc, id desc);
    create index tasks_status_idx on taskapp.tasks (workspace_id, status, created_at desc, id desc);
    create index tasks_priority_idx on taskapp.tasks (workspace_id, priority desc, created_at desc, id desc);
    create index tasks_due_idx on taskapp.tasks (workspace_id, coalesce(due_date, 'infinity'), id);
    create index tasks_everywhere_idx on taskapp.tasks (created_at desc, id desc);
    create index tasks_creator_id_idx on taskapp.tasks (creator_id);

    create table taskapp.tags (
      id uuid not null,
      workspace_id uuid not null,
      name text not null,
      color text not null,
      version integer not null default 1,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      constraint tags_pkey primary key (id),
      constraint tags_workspace_id_fkey
        foreign key (workspace_id) references taskapp.workspaces (id) on delete cascade,
      constraint tags_name_length check (char_length(name) between 1 and 50),
      constraint tags_color_check check (color ~ '^#[0-9a-f]{6}$')
    );
    create unique index tags_name_unique on taskapp.tags (workspace_id, lower(name));

    create table taskapp.task_tags (
      task_id uuid not null,
      tag_id uuid not null,
      constraint task_tags_pkey primary key (task_id, tag_id),
      constraint task_tags_task_id_fkey foreign key (task_id) references taskapp.tasks (id) on delete cascade,
      constraint task_tags_tag_id_fkey foreign key (tag_id) references taskapp.tags (id) on delete cascade
    );
    create index task_tags_tag_id_idx on taskapp.task_tags (tag_id, task_id);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table taskapp.task_tags, taskapp.tags, taskapp.tasks;
    drop type taskapp.task_priority, taskapp.task_status;
  `);
}
