import type { Knex } from 'knex';
import { type Check, fail, ok } from './check.ts';

/** Every index that the migrations make; a test compares the list with a database that they have made. */
export const INDEXES: readonly string[] = [
  'event_consumers_pkey',
  'events_entity_idx',
  'events_pkey',
  'events_seq_unique',
  'events_type_idx',
  'events_xid_idx',
  'idempotency_keys_created_at_idx',
  'idempotency_keys_pkey',
  'login_attempts_day_started_at_idx',
  'login_attempts_pkey',
  'members_pkey',
  'members_user_id_idx',
  'sessions_pkey',
  'sessions_user_id_idx',
  'tags_name_unique',
  'tags_pkey',
  'task_metadata_pkey',
  'task_tags_pkey',
  'task_tags_tag_id_idx',
  'tasks_creator_id_idx',
  'tasks_due_idx',
  'tasks_everywhere_due_idx',
  'tasks_everywhere_idx',
  'tasks_everywhere_priority_idx',
  'tasks_newest_idx',
  'tasks_pkey',
  'tasks_priority_idx',
  'tasks_status_idx',
  'users_email_key_unique',
  'users_external_id_unique',
  'users_pkey',
  'workspaces_owner_id_idx',
  'workspaces_personal_unique',
  'workspaces_pkey',
];

const FOUND = `select i.relname as name, indisvalid as "isValid" from pg_index
  join pg_class i on i.oid = indexrelid join pg_class t on t.oid = indrelid
  where t.relnamespace = to_regnamespace('taskapp')`;

/** Whether the indexes of an up-to-date schema are there and used: one that is not valid costs and serves nobody. */
export async function checkIndexes(db: Knex): Promise<Check> {
  const found: { name: string; isValid: boolean }[] = (await db.raw(FOUND)).rows;
  const missing = INDEXES.filter((index) => !found.some(({ name }) => name === index));
  const invalid = found.filter(({ isValid }) => !isValid).map(({ name }) => name);
  if (missing.length > 0) {
    return fail('indexes', `missing: ${missing.join(', ')}`, 'Create them again as the migrations do.');
  }
  if (invalid.length > 0) {
    const repair = invalid.map((name) => `reindex index concurrently taskapp.${name};`).join(' ');
    return fail('indexes', `not valid: ${invalid.join(', ')}`, `Run in psql: ${repair}`);
  }
  return ok('indexes', `${found.length} there and valid`);
}
