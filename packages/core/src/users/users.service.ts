import type { Knex } from 'knex';
import { raw } from 'objection';
import { revokeSessions } from '../auth/sessions.queries.ts';
import type { Deps } from '../deps.ts';
import { diff } from '../events/events.queries.ts';
import { runAfterUserCreate, runBeforeUserRemove } from '../hooks/user-hooks.ts';
import type { CallContext } from '../kernel/contract.ts';
import { onConstraint } from '../kernel/database.ts';
import { refuse } from '../kernel/errors.ts';
import { implement } from '../kernel/implement.ts';
import { transaction } from '../kernel/transaction.ts';
import { assertVersion } from '../kernel/versions.ts';
import { withPasswordPolicy } from '../passwords/password.fields.ts';
import { usersContract } from './users.contract.ts';
import { userErrors } from './users.errors.ts';
import { normalizeEmail } from './users.fields.ts';
import { accounts, changeUser, createUser, getUser, lockUser, removeUser, verifyPassword } from './users.queries.ts';

/** A user's own account, and the administration of all accounts. */
export function createUserService(deps: Deps) {
  const { db, hasher } = deps;
  const remove = async (db: Knex.Transaction, ctx: CallContext, id: string) => {
    await runBeforeUserRemove(deps, { db, ctx }, (db) => getUser(db, id));
    await removeUser(db, ctx, id);
  };

  return implement(withPasswordPolicy(usersContract, deps.passwordPolicy), {
    me: ({ actor }) => getUser(db, actor.userId),

    updateMe: async (ctx, { name, email, currentPassword }) => {
      const { userId } = ctx.actor;
      const known = await getUser(db, userId);
      const moves = email !== undefined && email !== known.email;
      if (moves && currentPassword === undefined) refuse('currentPassword', 'Required to change the e-mail address');
      if (currentPassword !== undefined) await verifyPassword(deps, ctx, currentPassword);
      return transaction(db, async (db) => {
        const user = await lockUser(db, userId);
        assertVersion(ctx, user);
        const changes = diff(user, { ...(name !== undefined && { name }), ...(moves && { email }) });
        if (Object.keys(changes).length === 0) return user;
        const fields = {
          ...(name !== undefined && { name }),
          ...(moves && { email, emailKey: normalizeEmail(email) }),
        };
        return changeUser(db, ctx, { id: userId, fields, changes });
      }).catch(onConstraint({ users_email_key_unique: userErrors.emailTaken }));
    },

    removeMe: async (ctx, { currentPassword }) => {
      await verifyPassword(deps, ctx, currentPassword);
      await transaction(db, (db) => remove(db, ctx, ctx.actor.userId));
    },

    list: async (_ctx, { page, limit, email }) => {
      const matching = accounts(db).modify((query) => {
        if (email !== undefined) query.where('email_key', normalizeEmail(email));
      });
      const { results, total } = await matching.orderBy('id', 'desc').page(page - 1, limit);
      return { users: results, pagination: { page, limit, total, totalPages: Math.ceil(total / limit) } };
    },

    create: async (ctx, input) => {
      const passwordHash = await hasher.hash(input.password, { ip: ctx.ip, account: normalizeEmail(input.email) });
      return transaction(db, async (db) => {
        const user = await createUser(db, ctx, { ...input, passwordHash });
        await runAfterUserCreate(deps, { db, ctx }, user);
        return user;
      });
    },

    get: (_ctx, { id }) => getUser(db, id),

    update: (ctx, { id, role, disabled }) =>
      transaction(db, async (db) => {
        const user = await lockUser(db, id);
        assertVersion(ctx, user);
        const before = { role: user.role, disabled: user.disabledAt !== null };
        const changes = diff(before, { ...(role && { role }), ...(disabled !== undefined && { disabled }) });
        if (Object.keys(changes).length === 0) return user;
        if (changes.disabled && disabled) {
          await revokeSessions(db, ctx, { reason: 'user_disabled', only: (query) => query.where('user_id', id) });
        }
        const disabledAt = disabled ? (raw('now()') as never) : null;
        const fields = { ...(role && { role }), ...(changes.disabled && { disabledAt }) };
        return changeUser(db, ctx, { id, fields, changes });
      }),

    remove: (ctx, { id }) => transaction(db, (db) => remove(db, ctx, id)),
  });
}
