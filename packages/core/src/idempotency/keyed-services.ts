import { createHmac } from 'node:crypto';
import type { Knex } from 'knex';
import { type CallContext, callerOf } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { passOn, translateDatabaseError } from '../kernel/database-errors.ts';
import { fail } from '../kernel/errors.ts';
import { callAsJson, divertCall, type JsonAnswer } from '../kernel/implement.ts';
import { transaction } from '../kernel/transaction.ts';
import { callOf, mapCalls, type NamedOperation, type Services } from '../operations.ts';
import { idempotencyErrors } from './idempotency.errors.ts';
import { claimKey, keepAnswer } from './idempotency.queries.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Gives the operations that change something the guarantee of `idempotencyKey`: key, effect and answer are one
 * transaction, so a call is carried out once however often it is repeated, and a failed one leaves no key behind.
 */
export function keyServices(services: Services, { db, secret, onTransaction }: Keying): Services {
  const callOnce = (operation: NamedOperation, ctx: CallContext, input: unknown): Promise<JsonAnswer> => {
    const { idempotencyKey: _key, ...plain } = ctx;
    const { caller, key, request } = describeCall(operation, ctx, input);
    // A plain hash would let whoever reads the table try passwords that a request held at full speed.
    const keyed = { caller, key, fingerprint: createHmac('sha256', secret).update(request).digest('base64url') };
    return transaction(db, async (db) => {
      const earlier = await claimKey(db, keyed);
      if (earlier) return { ...earlier, replayed: true };
      const answer = await callAsJson(callOf(onTransaction(db), operation), plain, input).catch(passOn);
      await keepAnswer(db, keyed, answer);
      return answer;
    }).catch(translateDatabaseError);
  };
  return mapCalls(services, (operation, call) =>
    isKeyed(operation)
      ? divertCall(operation, call, {
          selects: (ctx) => ctx.idempotencyKey !== undefined && ctx.actor !== null,
          asJson: (ctx, input) => callOnce(operation, ctx, input),
        })
      : call,
  );
}

export interface Keying {
  readonly db: Db;
  /** Keeps the fingerprints of requests from being guessed. */
  readonly secret: string;
  /** Makes the services that carry a call out. */
  readonly onTransaction: (trx: Knex.Transaction) => Services;
}

/** True where an idempotency key means something. */
export const isKeyed = ({ http, access, replayable }: NamedOperation): boolean =>
  !http.startsWith('GET ') && access !== 'public' && replayable !== false;

/** What makes two calls the same call. */
function describeCall(operation: NamedOperation, { actor, idempotencyKey: key = '' }: CallContext, input: unknown) {
  if (!KEY.test(key)) fail(idempotencyErrors.malformed);
  return { caller: callerOf(actor), key, request: JSON.stringify([operation.id, sorted(input)]) };
}

/** The same input with its keys in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, sorted(field)]));
}
