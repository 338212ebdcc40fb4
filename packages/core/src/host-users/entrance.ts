import type { Knex } from 'knex';
import type { CallContext, UserActor, WorkspaceSnapshot } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { translateDatabaseError } from '../kernel/database-errors.ts';
import { fail } from '../kernel/errors.ts';
import { transaction } from '../kernel/transaction.ts';
import { userErrors } from '../users/users.errors.ts';
import { type HostIds, idOf } from './host-ids.ts';
import { admit, findWorkspace } from './host-users.queries.ts';
import type { HostUsers } from './host-users.ts';

/** Where somebody of the host's becomes a user of the tables. */
export interface Entrance {
  readonly db: Db;
  readonly ids: HostIds;
  /**
   * The facts of a call with the ids of the tables, and the personal workspace as it is now. Who comes for the first time
   * gets one, if the host knows them or has just vouched for them.
   *
   * @throws user.not_found for somebody whom the host does not know, user.id_taken
   */
  enter(ctx: UserContext, options?: { readonly isVouched?: boolean }): Promise<Entered>;
}

type UserContext = Omit<CallContext, 'actor'> & { readonly actor: UserActor };
type Entered = UserContext & { readonly workspace: WorkspaceSnapshot };

/** Makes the entrance of an app on its pool, or on a host's transaction. */
export function createEntrance(db: Db, users: HostUsers, ids: HostIds): Entrance {
  const assertKnown = async (userId: string): Promise<void> => {
    const ask = async (db: Knex) => users.find(userId, db);
    // What fails there must leave the host's transaction usable, and no connection is held while the host works.
    const user = await (db.isTransaction ? transaction(db, ask) : ask(db));
    // An answer about another id (7 for 07) would give one person two lives.
    if (!user || idOf(user) !== userId) fail(userErrors.notFound);
  };
  return {
    db,
    ids,
    enter: async (ctx, { isVouched = false } = {}) => {
      const known = ids.read(ctx.actor.userId);
      const inside = { ...ctx, actor: { ...ctx.actor, userId: known.id } };
      const found = await findWorkspace(db, known).catch(translateDatabaseError);
      if (found) return { ...inside, workspace: found };
      if (!isVouched) await assertKnown(known.externalId);
      await transaction(db, (db) => admit(db, inside, known)).catch(translateDatabaseError);
      // Not there: forgotten in this very moment.
      const workspace = await findWorkspace(db, known).catch(translateDatabaseError);
      return { ...inside, workspace: workspace ?? fail(userErrors.notFound) };
    },
  };
}
