import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type ErrorCode, isTaskAppError, type TaskAppError } from '@taskapp/core';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';

/** Asserts that a call is refused with `code`; resolves with the error. */
export async function refused(call: Promise<unknown>, code: ErrorCode): Promise<TaskAppError> {
  const outcome = await call.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
  if (!isTaskAppError(outcome))
    throw outcome instanceof Error ? outcome : new assert.AssertionError({ message: `${outcome}, expected ${code}` });
  assert.equal(outcome.code, code);
  return outcome;
}

/** The fields that validation complained about, as `path: message`. */
export async function problemsOf(call: Promise<unknown>): Promise<string[]> {
  const { problems = [] } = await refused(call, 'input.invalid');
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

/** The code a call was refused with, or `ok`; what is no refusal is thrown. */
export const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: unknown) => {
      if (isTaskAppError(error)) return error.code;
      throw error;
    },
  );

/** How often each value occurs: `{ ok: 1, 'user.email_taken': 49 }`. */
export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** A transaction of the host's; rolled back after the test unless the test has ended it. */
export async function hostTransaction(t: TestContext, db: Knex): Promise<Knex.Transaction> {
  const trx = await db.transaction();
  t.after(async () => {
    if (!trx.isCompleted()) await trx.rollback();
  });
  return trx;
}

/** Waits until a connection to this database waits for a lock; resolves with the backend's pid. */
export async function blockedBackend(db: Knex): Promise<number> {
  for (;;) {
    const { rows } = await db.raw(`select pid from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    if (rows[0]) return rows[0].pid;
    await pause(5);
  }
}

/** The keys of cached lists, of the client's own prefix only: the server is shared with other tests. */
export const cachedLists = (redis: Redis): Promise<string[]> =>
  redis.keys(`${redis.options.keyPrefix ?? ''}taskapp:list:*`);

/** Makes a user a member of somebody else's workspace; no operation does that yet. */
export const addMember = (
  db: Knex,
  member: { workspace_id: string; user_id: string; role: string },
): Promise<unknown> => db('taskapp.members').insert(member);

/** The events about one thing, oldest first. */
export const eventsOf = (db: Knex, entityId: string): Promise<EventRow[]> =>
  db('taskapp.events').where('entity_id', entityId).orderBy('id');

/** A row of the log of changes as the database keeps it. */
export interface EventRow {
  readonly type: string;
  readonly workspace_id: string | null;
  readonly seq: string | null;
  readonly actor_kind: string;
  readonly actor_id: string | null;
  readonly actor_reason: string | null;
  readonly request_id: string | null;
  readonly changes: Record<string, { from?: unknown; to?: unknown }>;
}
