import { IS_LIVE, listSessions, revokeSessions } from '../auth/sessions.queries.ts';
import type { Deps } from '../deps.ts';
import { implement } from '../kernel/implement.ts';
import { transaction } from '../kernel/transaction.ts';
import { getUser, lockUser } from '../users/users.queries.ts';
import { beginRevocation, revokeBatch } from './mass-revocation.queries.ts';
import { sessionsContract } from './sessions.contract.ts';

/** The sessions of others, for administrators. */
export function createSessionService({ db }: Deps) {
  return implement(sessionsContract, {
    list: async ({ actor }, { id }) => {
      const user = await getUser(db, id);
      return { sessions: await listSessions(db, user.id, actor) };
    },

    revoke: (ctx, { id }) =>
      transaction(db, async (db) => {
        // Against a sign-in that runs at the same time: it waits, or its session is here to be ended.
        const user = await lockUser(db, id);
        const ended = await revokeSessions(db, ctx, {
          reason: 'revoked_by_admin',
          only: (query) => query.where('user_id', user.id).whereRaw(IS_LIVE),
        });
        return { revoked: ended.length };
      }),

    /** In batches that are committed one by one: many sessions take longer than a statement may. */
    revokeAll: async (ctx) => {
      let progress = await beginRevocation(db);
      while (!progress.isOver) {
        const reached = progress;
        progress = await transaction(db, (db) => revokeBatch(db, ctx, reached));
      }
      return { revoked: progress.revoked };
    },
  });
}
