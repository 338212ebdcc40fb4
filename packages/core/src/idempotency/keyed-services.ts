import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Actor, CallContext } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { translateDatabaseError } from '../kernel/database-errors.ts';
import { fail } from '../kernel/errors.ts';
import { callAsJson, divertCall, type JsonAnswer } from '../kernel/implement.ts';
import { transaction } from '../kernel/transaction.ts';
import { callOf, mapCalls, type NamedOperation, type Services } from '../operations.ts';
import { idempotencyErrors } from './idempotency.errors.ts';
import { claimKey, type KeyedCall, keepAnswer } from './idempotency.queries.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Gives the operations that change something the guarantee of `idempotencyKey`: key, effect and answer are one
 * transaction, so a call is carried out once however often it is repeated, and a failed one leaves no key behind.
 * `onTransaction` makes the services that carry the call out.
 */
export function keyServices(db: Db, services: Services, onTransaction: (trx: Knex.Transaction) => Services): Services {
  const callOnce = (operation: NamedOperation, ctx: CallContext, input: unknown): Promise<JsonAnswer> => {
    const { idempotencyKey: _key, ...plain } = ctx;
    const keyed = describeCall(operation, ctx, input);
    return transaction(db, async (db) => {
      const earlier = await claimKey(db, keyed);
      if (earlier) return { ...earlier, replayed: true };
      const answer = await callAsJson(callOf(onTransaction(db), operation), plain, input);
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

const isKeyed = ({ http, access, replayable }: NamedOperation) =>
  !http.startsWith('GET ') && access !== 'public' && replayable !== false;

function describeCall(
  operation: NamedOperation,
  { actor, idempotencyKey: key = '' }: CallContext,
  input: unknown,
): KeyedCall {
  if (!KEY.test(key)) fail(idempotencyErrors.malformed);
  const request = JSON.stringify([operation.id, sorted(input)]);
  return { caller: callerOf(actor), key, fingerprint: createHash('sha256').update(request).digest('base64url') };
}

const callerOf = (actor: Actor | null) => (actor?.kind === 'user' ? actor.userId : 'system');

/** The same input with its keys in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, sorted(field)]));
}
