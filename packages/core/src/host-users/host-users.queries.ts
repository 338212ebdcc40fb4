import type { Knex } from 'knex';
import { recordEvent } from '../events/account-events.queries.ts';
import type { Caller } from '../events/events.queries.ts';
import type { WorkspaceSnapshot } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { fail } from '../kernel/errors.ts';
import { runStatement } from '../kernel/statement.ts';
import { User } from '../users/user.model.ts';
import { removeLockedUser } from '../users/users.queries.ts';
import { createPersonalWorkspace, lockWorkspacesOf, STAMP } from '../workspaces/workspaces.queries.ts';
import type { KnownId } from './host-ids.ts';
import { hostUserErrors } from './host-users.errors.ts';

const FIND_WORKSPACE = `
  select w.id, ${STAMP} as stamp, u.external_id is not distinct from $2 as "isSame"
  from taskapp.users u join taskapp.workspaces w on w.owner_id = u.id and w.personal where u.id = $1`;

/**
 * Reads the personal workspace of somebody as it is now; `undefined` for somebody who has none yet.
 * @throws user.id_taken where the row is a built-in account, or another person's
 */
export async function findWorkspace(db: Db, { id, externalId }: KnownId): Promise<WorkspaceSnapshot | undefined> {
  type Row = WorkspaceSnapshot & { readonly isSame: boolean };
  const { rows } = await runStatement<Row>(db, { sql: FIND_WORKSPACE, bindings: [id, externalId] });
  const [row] = rows;
  if (row && !row.isSame) fail(hostUserErrors.idTaken);
  return row && { id: row.id, stamp: row.stamp };
}

/** Makes the row of somebody, with a personal workspace; does nothing where another call has just done so. */
export async function admit(db: Knex.Transaction, caller: Caller, { id, externalId }: KnownId): Promise<void> {
  const made = await db('taskapp.users').insert({ id, external_id: externalId }).onConflict().ignore().returning('id');
  if (made.length === 0) return;
  await createPersonalWorkspace(db, id);
  await recordEvent(db, caller, { type: 'user.created', entityId: id });
}

/** Deletes the row of somebody with all that hangs on it, and the answers kept for them; false: there was none. */
export async function forget(db: Knex.Transaction, caller: Caller, { id, externalId }: KnownId): Promise<boolean> {
  await lockWorkspacesOf(db, id);
  const user = await User.query(db).findById(id).where('external_id', externalId).forUpdate();
  if (!user) return false;
  await removeLockedUser(db, caller, user);
  await db('taskapp.idempotency_keys').where('caller', id).delete();
  return true;
}

/** The host's ids of those among `ids` that have one. */
export const findExternalIds = (db: Db, ids: readonly string[]): Promise<KnownId[]> =>
  db('taskapp.users').whereIn('id', ids).whereNotNull('external_id').select('id', { externalId: 'external_id' });
