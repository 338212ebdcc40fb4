import type { Knex } from 'knex';

/** Accounts, their logins, and the workspaces that own what they make. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create type taskapp.user_role as enum ('USER', 'ADMIN');
    create table taskapp.users (
      id uuid not null,
      email text not null,
      email_key text not null,
      name text not null,
      password_hash text not null,
      role taskapp.user_role not null default 'USER',
      disabled_at timestamptz(3),
      version integer not null default 1,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      constraint users_pkey primary key (id),
      constraint users_email_key_unique unique (email_key),
      constraint users_email_length check (char_length(email) between 3 and 254),
      constraint users_name_length check (char_length(name) between 1 and 100)
    );

    create table taskapp.sessions (
      id uuid not null,
      user_id uuid not null,
      generation integer not null default 0,
      ip text,
      user_agent text,
      created_at timestamptz(3) not null default now(),
      last_used_at timestamptz(3) not null default now(),
      rotated_at timestamptz(3) not null default now(),
      honours_predecessor boolean not null default true,
      idle_expires_at timestamptz(3) not null,
      absolute_expires_at timestamptz(3) not null,
      revoked_at timestamptz(3),
      revoke_reason text,
      constraint sessions_pkey primary key (id),
      constraint sessions_user_id_fkey foreign key (user_id) references taskapp.users (id) on delete cascade,
      constraint sessions_generation_check check (generation >= 0),
      constraint sessions_revoked_check check ((revoked_at is null) = (revoke_reason is null)),
      constraint sessions_ip_length check (char_length(ip) <= 64),
      constraint sessions_user_agent_length check (char_length(user_agent) <= 256)
    );
    create index sessions_user_id_idx on taskapp.sessions (user_id, last_used_at);

    create table taskapp.workspaces (
      id uuid not null,
      owner_id uuid not null,
      name text not null,
      personal boolean not null,
      version bigint not null default 1,
      task_count integer not null default 0,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      constraint workspaces_pkey primary key (id),
      constraint workspaces_owner_id_fkey foreign key (owner_id) references taskapp.users (id) on delete cascade,
      constraint workspaces_name_length check (char_length(name) between 1 and 100),
      constraint workspaces_task_count_check check (task_count >= 0)
    ) with (fillfactor = 50);
    create index workspaces_owner_id_idx on taskapp.workspaces (owner_id);
    create unique index workspaces_personal_unique on taskapp.workspaces (owner_id) where personal;

    create type taskapp.member_role as enum ('OWNER', 'ADMIN', 'MEMBER', 'VIEWER');
    create table taskapp.members (
      workspace_id uuid not null,
      user_id uuid not null,
      role taskapp.member_role not null,
      created_at timestamptz(3) not null default now(),
      constraint members_pkey primary key (workspace_id, user_id),
      constraint members_workspace_id_fkey
        foreign key (workspace_id) references taskapp.workspaces (id) on delete cascade,
      constraint members_user_id_fkey foreign key (user_id) references taskapp.users (id) on delete cascade
    );
    create index members_user_id_idx on taskapp.members (user_id);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table taskapp.members, taskapp.workspaces, taskapp.sessions, taskapp.users;
    drop type taskapp.member_role, taskapp.user_role;
  `);
}
