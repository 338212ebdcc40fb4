import type { Knex } from 'knex';

/**
 * The log of changes. A change of a workspace carries the workspace's version as `seq`; what concerns an account has
 * neither. No foreign keys: the log outlives what it tells about.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table taskapp.events (
      id uuid not null,
      workspace_id uuid,
      seq bigint,
      type text not null,
      entity_type text not null,
      entity_id uuid,
      actor_kind text not null,
      actor_id uuid,
      actor_reason text,
      request_id text,
      ip text,
      changes jsonb not null default '{}',
      created_at timestamptz(3) not null default now(),
      constraint events_pkey primary key (id),
      constraint events_seq_unique unique (workspace_id, seq),
      constraint events_seq_check check ((workspace_id is null) = (seq is null)),
      constraint events_actor_check check (
        (actor_kind = 'user' and actor_id is not null)
        or (actor_kind = 'system' and actor_reason is not null)
        or actor_kind = 'anonymous'
      )
    );
    create index events_entity_idx on taskapp.events (entity_id, id);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table taskapp.events');
}
