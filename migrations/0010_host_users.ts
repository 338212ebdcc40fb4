import type { Knex } from 'knex';

const OF_ACCOUNTS = ['email', 'email_key', 'name', 'password_hash'];

/**
 * People whose accounts are the host's: a row with the host's id, for all that refers to a user, and nothing else about
 * them. Nothing is rewritten; the index is made from the rows that have such an id, of which there are none.
 */
export async function up(knex: Knex): Promise<void> {
  const dropped = OF_ACCOUNTS.map((column) => `alter column ${column} drop not null`);
  const filled = OF_ACCOUNTS.map((column) => `${column} is not null`);
  // Not validated: the rows from before fulfil it, since their columns could not be null.
  await knex.raw(`
    alter table taskapp.users
      add column external_id text,
      add constraint users_external_id_length check (char_length(external_id) between 1 and 255) not valid,
      ${dropped.join(', ')},
      add constraint users_account_check check (external_id is not null or (${filled.join(' and ')})) not valid;
    create unique index users_external_id_unique on taskapp.users (external_id) where external_id is not null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  const restored = OF_ACCOUNTS.map((column) => `alter column ${column} set not null`);
  await knex.raw(`
    delete from taskapp.users where external_id is not null;
    alter table taskapp.users
      drop constraint users_account_check,
      drop column external_id,
      ${restored.join(', ')};
  `);
}
