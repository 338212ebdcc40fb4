import type { Knex } from 'knex';

const DUE = `coalesce(due_date, 'infinity')`;

/** Those that were there before, without what they include now. */
const OLD: Readonly<Record<string, string>> = {
  tasks_newest_idx: 'tasks (workspace_id, created_at desc, id desc)',
  tasks_status_idx: 'tasks (workspace_id, status, created_at desc, id desc)',
  tasks_priority_idx: 'tasks (workspace_id, priority desc, created_at desc, id desc)',
  tasks_due_idx: `tasks (workspace_id, ${DUE}, id)`,
  tasks_everywhere_idx: 'tasks (created_at desc, id desc)',
};

/**
 * Every filter of the list of tasks is in the index of every order, so that what a page or a total leaves out costs no
 * look at the table; and every order has an index for the tasks of all workspaces as well.
 */
const NEW: Readonly<Record<string, string>> = {
  tasks_newest_idx: `${OLD.tasks_newest_idx} include (status, priority, due_date)`,
  tasks_status_idx: `${OLD.tasks_status_idx} include (priority, due_date)`,
  tasks_priority_idx: `${OLD.tasks_priority_idx} include (status, due_date)`,
  tasks_due_idx: `${OLD.tasks_due_idx} include (due_date, status, priority)`,
  tasks_everywhere_idx: `${OLD.tasks_everywhere_idx} include (status, priority, due_date)`,
  tasks_everywhere_due_idx: `tasks (${DUE}, id) include (due_date, status, priority)`,
  tasks_everywhere_priority_idx: 'tasks (priority desc, created_at desc, id desc) include (status, due_date)',
  events_type_idx: 'events (type, id)',
};

type Run = (sql: string) => Promise<{ readonly rows: readonly object[] }>;

/** Builds the indexes beside the old ones while others write: outside a transaction, anew where it was broken off. */
export async function prepare(run: Run): Promise<void> {
  const { rows: tables } = await run(`select 1 from pg_class where oid = to_regclass('taskapp.events')`);
  if (tables.length === 0) return;
  for (const [name, definition] of Object.entries(NEW)) {
    const index = `to_regclass('taskapp.${name}_new')`;
    const { rows: broken } = await run(`select 1 from pg_index where indexrelid = ${index} and not indisvalid`);
    if (broken.length > 0) await run(`drop index concurrently taskapp.${name}_new`);
    await run(`create index concurrently if not exists ${name}_new on taskapp.${definition}`);
  }
}

export async function up(knex: Knex): Promise<void> {
  for (const [name, definition] of Object.entries(NEW)) {
    await knex.raw(`create index if not exists ${name}_new on taskapp.${definition}`);
    await knex.raw(`drop index if exists taskapp.${name}`);
    await knex.raw(`alter index taskapp.${name}_new rename to ${name}`);
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const name of Object.keys(NEW)) await knex.raw(`drop index taskapp.${name}`);
  for (const [name, definition] of Object.entries(OLD)) await knex.raw(`create index ${name} on taskapp.${definition}`);
}
