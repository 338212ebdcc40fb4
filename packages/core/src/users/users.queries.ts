import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuid } from 'uuid';
import type { Deps } from '../deps.ts';
import { recordEvent } from '../events/account-events.queries.ts';
import { all, type Caller, type Changes, recordChange } from '../events/events.queries.ts';
import type { CallContext, Role, UserActor } from '../kernel/contract.ts';
import { type Db, onConstraint } from '../kernel/database.ts';
import { fail } from '../kernel/errors.ts';
import { assertVersion } from '../kernel/versions.ts';
import { recordFailedLogin } from '../throttle/login-attempts.queries.ts';
import { createPersonalWorkspace, lockWorkspacesOf } from '../workspaces/workspaces.queries.ts';
import { User } from './user.model.ts';
import { userErrors } from './users.errors.ts';
import { normalizeEmail } from './users.fields.ts';

/**
 * Makes an account with its personal workspace.
 * @throws user.email_taken
 */
export async function createUser(
  db: Knex.Transaction,
  caller: Caller,
  { email, name, passwordHash, role }: { email: string; name: string; passwordHash: string; role: Role },
): Promise<User> {
  const user = await User.query(db)
    .insert({ id: uuid(), email, emailKey: normalizeEmail(email), name, passwordHash, role })
    .returning('*')
    .catch(onConstraint({ users_email_key_unique: userErrors.emailTaken }));
  await createPersonalWorkspace(db, user.id);
  await recordEvent(db, caller, { type: 'user.created', entityId: user.id, changes: all('to', { email, name, role }) });
  return user;
}

/**
 * Reads the caller's account after checking its password.
 * @throws user.not_found, user.password_wrong, rate_limit.exceeded
 */
export async function verifyPassword(
  { db, hasher, throttle }: Deps,
  ctx: CallContext & { readonly actor: UserActor },
  password: string,
): Promise<User> {
  const { actor, ip } = ctx;
  const user = await getUser(db, actor.userId);
  const account = user.emailKey;
  const attempt = await throttle.admit(db, { emailKey: account, ip });
  const genuine = await hasher.matches(password, user.passwordHash, { ip, account }).catch(attempt.giveUp);
  if (!genuine) {
    await recordFailedLogin(db, ctx, { userId: user.id, isLast: attempt.isLast });
    fail(userErrors.passwordWrong);
  }
  await attempt.succeed();
  return user;
}

/** The accounts of this app; people of a host's have theirs elsewhere. */
export const accounts = (db: Db) => User.query(db).whereNull('external_id');

/** @throws user.not_found */
export const getUser = async (db: Db, id: string): Promise<User> =>
  (await accounts(db).findById(id)) ?? fail(userErrors.notFound);

/** Reads an account and locks its row for a change. */
export async function lockUser(db: Knex.Transaction, userId: string): Promise<User> {
  return (await accounts(db).findById(userId).forUpdate()) ?? fail(userErrors.notFound);
}

/** Writes `fields` to an account and records the changes. */
export async function changeUser(
  db: Knex.Transaction,
  caller: Caller,
  { id, fields, changes }: { id: string; fields: Partial<User>; changes: Changes },
): Promise<User> {
  const user = await User.query(db)
    .findById(id)
    .patch({ ...fields, version: raw('version + 1') as never, updatedAt: raw('now()') as never })
    .returning('*')
    .first();
  await recordEvent(db, caller, { type: 'user.updated', entityId: id, changes });
  return user as unknown as User;
}

/**
 * Deletes an account with everything in its workspaces; what it made in those of others stays.
 * @throws input.version_conflict
 */
export async function removeUser(db: Knex.Transaction, caller: Caller, id: string): Promise<void> {
  await lockWorkspacesOf(db, id);
  const user = await lockUser(db, id);
  assertVersion(caller, user);
  await removeLockedUser(db, caller, user);
}

/** The same where workspaces and row are locked; also for people of a host's, of whom nothing is known. */
export async function removeLockedUser(db: Knex.Transaction, caller: Caller, user: User): Promise<void> {
  const { email, name, role } = user;
  const elsewhere: string[] = await db('taskapp.tasks as t')
    .join('taskapp.workspaces as w', 'w.id', 't.workspace_id')
    .where('t.creator_id', user.id)
    .whereNot('w.owner_id', user.id)
    .distinct('w.id')
    .orderBy('w.id')
    .pluck('w.id');
  await User.query(db).deleteById(user.id);
  for (const workspaceId of elsewhere) {
    await recordChange(db, caller, { type: 'user.removed', workspaceId, entityId: user.id });
  }
  await recordEvent(db, caller, {
    type: 'user.removed',
    entityId: user.id,
    changes: user.externalId === null ? all('from', { email, name, role }) : {},
  });
}
