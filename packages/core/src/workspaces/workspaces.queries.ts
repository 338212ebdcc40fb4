import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import type { Actor, CallContext, WorkspaceSnapshot } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { fail, refuse } from '../kernel/errors.ts';
import { Member, Workspace } from './workspace.model.ts';
import { workspaceErrors } from './workspaces.errors.ts';

/** SQL of the stamp of a workspace `w`: the time beside the version keeps a restored backup from repeating one. */
export const STAMP = `w.version || '-' || (extract(epoch from w.updated_at) * 1000)::bigint`;

/** A workspace that a call works in, with the account that what the system makes in it is credited to. */
export interface WorkspaceScope extends WorkspaceSnapshot {
  readonly ownerId: string;
}

/** Makes the workspace that every account has from its first moment. */
export async function createPersonalWorkspace(db: Knex.Transaction, userId: string): Promise<string> {
  const id = uuid();
  await Workspace.query(db).insert({ id, ownerId: userId, name: 'Personal', personal: true });
  await Member.query(db).insert({ workspaceId: id, userId, role: 'OWNER' });
  return id;
}

/**
 * Keeps the workspaces of an account as they are, before the account itself is locked: whoever makes a task locks the
 * two in this order as well.
 */
export const lockWorkspacesOf = async (db: Knex.Transaction, userId: string): Promise<void> => {
  await db('taskapp.workspaces').where('owner_id', userId).orderBy('id').forUpdate().select('id');
};

/** What an actor must be able to do in a workspace. */
export type Permission = 'read' | 'write';

const MAY: Readonly<Record<Permission, string>> = { read: '', write: "and m.role <> 'VIEWER'" };

/**
 * SQL that holds where the user that `user` names, by default a binding, may do `permission` in the workspace of the table
 * aliased `alias`. For the WHERE of every statement about tasks and tags.
 */
export const memberMay = (permission: Permission, alias: string, user = '?'): string =>
  `exists (select 1 from taskapp.members m where m.workspace_id = ${alias}.workspace_id and m.user_id = ${user} ${MAY[permission]})`;

/** The same for any actor: the system may do everything. */
export const actorMay = (actor: Actor, permission: Permission, alias: string): [sql: string, bindings: string[]] =>
  actor.kind === 'system' ? ['true', []] : [memberMay(permission, alias), [actor.userId]];

/**
 * Finds the workspace that a call means: the one named, else the actor's personal one; `null` when the system names
 * none.
 * @throws workspace.forbidden for one that the actor is no member of, existing or not
 */
export async function findScope(
  db: Db,
  { actor, workspaceId, permission }: { actor: Actor; workspaceId: string | undefined; permission: Permission },
): Promise<WorkspaceScope | null> {
  if (actor.kind === 'system' && workspaceId === undefined) return null;
  const query = db('taskapp.workspaces as w').select('w.id', { ownerId: 'w.owner_id' }, db.raw(`${STAMP} as stamp`));
  if (workspaceId === undefined) query.whereRaw('w.owner_id = ? and w.personal', [userOf(actor)]);
  else query.where('w.id', workspaceId);
  if (actor.kind === 'user') {
    query.joinRaw(`join taskapp.members m on m.workspace_id = w.id and m.user_id = ? ${MAY[permission]}`, [
      actor.userId,
    ]);
  }
  const [scope] = (await query) as WorkspaceScope[];
  if (scope) return scope;
  return actor.kind === 'system' ? refuse('workspaceId', 'No such workspace') : fail(workspaceErrors.forbidden);
}

const userOf = (actor: Actor) => (actor.kind === 'user' ? actor.userId : '');

/** The same for an operation that makes something: the system has to say where. */
export async function getWritableScope(db: Db, ctx: CallContext, workspaceId?: string): Promise<WorkspaceScope> {
  const known = knownWorkspace(ctx, workspaceId);
  if (known) return { ...known, ownerId: userOf(ctx.actor as Actor) };
  const scope = await findScope(db, { actor: ctx.actor as Actor, workspaceId, permission: 'write' });
  return scope ?? refuse('workspaceId', 'Required unless you act as a user');
}

/** The caller's personal workspace, where that is meant and authentication has just read it: they own it. */
const knownWorkspace = ({ actor, workspace }: CallContext, wanted: string | undefined) =>
  actor?.kind === 'user' && (wanted === undefined || wanted === workspace?.id) ? workspace : undefined;

/** For lists: what authentication read in this very request is good enough, anything else is looked up. */
export async function findReadableSnapshot(
  db: Db,
  ctx: CallContext,
  workspaceId?: string,
): Promise<WorkspaceSnapshot | null> {
  const known = knownWorkspace(ctx, workspaceId);
  return known ?? findScope(db, { actor: ctx.actor as Actor, workspaceId, permission: 'read' });
}
