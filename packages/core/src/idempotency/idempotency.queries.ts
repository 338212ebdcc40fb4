import type { Knex } from 'knex';
import type { Db } from '../kernel/database.ts';
import { onLockTimeout } from '../kernel/database-errors.ts';
import { fail } from '../kernel/errors.ts';
import type { JsonAnswer } from '../kernel/implement.ts';
import { idempotencyErrors } from './idempotency.errors.ts';

/** One keyed call: whose, under which key, and a hash of what it asks for. */
export interface KeyedCall {
  readonly caller: string;
  readonly key: string;
  readonly fingerprint: string;
}

const MAX_KEYS = 1000;
const LIFETIME = "interval '24 hours'";

const CLAIM = `
  insert into taskapp.idempotency_keys as k (caller, key, fingerprint) values (?, ?, ?)
  on conflict (caller, key) do update set fingerprint = excluded.fingerprint, json = null, version = null, created_at = now()
    where k.created_at < now() - ${LIFETIME}
  returning key`;

/**
 * Claims a key in the transaction of its effect, waiting for a call that holds it; resolves with the answer that an
 * earlier call got, or with nothing when this call is the one to carry out.
 *
 * @throws idempotency.key_reused for another request, idempotency.in_progress after two seconds
 */
export async function claimKey(db: Knex.Transaction, call: KeyedCall): Promise<JsonAnswer | undefined> {
  const claim = db.raw(CLAIM, [call.caller, call.key, call.fingerprint]);
  const { rows } = await claim.catch(onLockTimeout(idempotencyErrors.inProgress));
  if (rows.length === 1) return assertNotFlooding(db, call.caller);
  const stored = await db('taskapp.idempotency_keys').where({ caller: call.caller, key: call.key }).first();
  if (stored.fingerprint !== call.fingerprint) fail(idempotencyErrors.reused);
  return { json: stored.json ?? undefined, version: stored.version ?? undefined };
}

async function assertNotFlooding(db: Knex.Transaction, caller: string): Promise<undefined> {
  const { rows } = await db.raw(
    `select count(*)::int as used from taskapp.idempotency_keys where caller = ? and created_at > now() - ${LIFETIME}`,
    [caller],
  );
  if (rows[0].used > MAX_KEYS) fail(idempotencyErrors.tooMany, { retryAfter: 3600 });
}

/** Keeps the answer of a claimed key, in the transaction of the effect. */
export async function keepAnswer(db: Knex.Transaction, { caller, key }: KeyedCall, answer: JsonAnswer): Promise<void> {
  const { json = null, version = null } = answer;
  await db('taskapp.idempotency_keys').where({ caller, key }).update({ json, version });
}

const PURGE = `
  delete from taskapp.idempotency_keys where (caller, key) in (
    select caller, key from taskapp.idempotency_keys where created_at < now() - ${LIFETIME} limit 500
  )`;

/** Deletes up to 500 keys that have expired; resolves with their number. */
export const purgeKeys = async (db: Db): Promise<number> => (await db.raw(PURGE)).rowCount;
