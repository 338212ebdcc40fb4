import type { Knex } from 'knex';

/** Answers to calls that named a key, kept so that a repeated call is answered and not carried out again. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table taskapp.idempotency_keys (
      caller text not null,
      key text not null,
      fingerprint text not null,
      json text,
      version integer,
      created_at timestamptz(3) not null default now(),
      constraint idempotency_keys_pkey primary key (caller, key),
      constraint idempotency_keys_key_length check (char_length(key) between 1 and 255)
    );
    create index idempotency_keys_created_at_idx on taskapp.idempotency_keys (created_at);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table taskapp.idempotency_keys');
}
