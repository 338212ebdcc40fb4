import type { CallContext, SystemActor } from '../kernel/contract.ts';
import { translateDatabaseError } from '../kernel/database-errors.ts';
import { fail } from '../kernel/errors.ts';
import { callAsJson, divertCall, type JsonAnswer } from '../kernel/implement.ts';
import { transaction } from '../kernel/transaction.ts';
import { callOf, isOfAccounts, mapCalls, type NamedOperation, type Services } from '../operations.ts';
import type { Entrance } from './entrance.ts';
import { hostUserErrors } from './host-users.errors.ts';
import { forget } from './host-users.queries.ts';

/** The same services for actors with the host's ids, which results name as well; those about accounts refuse. */
export function hostServices(services: Services, { db, ids, enter }: Entrance): Services {
  const enterUser = async (ctx: CallContext): Promise<CallContext> => {
    const { actor } = ctx;
    if (actor?.kind !== 'user') return ctx;
    // Authentication has let them in, in this very request.
    if (ctx.workspace) return { ...ctx, actor: { ...actor, userId: ids.read(actor.userId).id } };
    return enter({ ...ctx, actor });
  };
  const call = async (operation: NamedOperation, ctx: CallContext, input: unknown): Promise<JsonAnswer> => {
    const answer = await callAsJson(callOf(services, operation), await enterUser(ctx), input);
    if (answer.json === undefined) return answer;
    return { ...answer, json: await ids.translate(db, answer.json).catch(translateDatabaseError) };
  };
  return mapCalls(services, (operation, own) =>
    divertCall(operation, own, {
      selects: () => true,
      asJson: async (ctx, input) =>
        isOfAccounts(operation) ? fail(hostUserErrors.accountsElsewhere) : call(operation, ctx, input),
    }),
  );
}

/** Forgets somebody of the host's: what `forgetUser` of an app does. */
export const createForgetUser =
  ({ db, ids }: Entrance) =>
  async (actor: SystemActor, userId: string): Promise<boolean> => {
    const known = ids.read(userId);
    const wasKnown = await transaction(db, (db) => forget(db, { actor }, known)).catch(translateDatabaseError);
    ids.forget(known.id);
    return wasKnown;
  };
