import type { Knex } from 'knex';

/** Failed sign-ins of an account, known or not; the key is a keyed hash of the address. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table taskapp.login_attempts (
      account_key text not null,
      failures integer not null,
      day_failures integer not null,
      day_started_at timestamptz(3) not null,
      blocked_until timestamptz(3) not null,
      constraint login_attempts_pkey primary key (account_key)
    );
    create index login_attempts_day_started_at_idx on taskapp.login_attempts (day_started_at);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table taskapp.login_attempts');
}
