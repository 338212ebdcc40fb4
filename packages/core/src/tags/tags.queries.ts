import type { Knex } from 'knex';
import { raw } from 'objection';
import type { Actor } from '../kernel/contract.ts';
import { type Db, lockRowsOf } from '../kernel/database.ts';
import { fail } from '../kernel/errors.ts';
import { actorMay, type Permission } from '../workspaces/workspaces.queries.ts';
import { Tag } from './tag.model.ts';
import { tagErrors } from './tags.errors.ts';

const taskCount = () => raw('(select count(*) from taskapp.task_tags l where l.tag_id = g.id)').as('taskCount');

/** The tags of a workspace (`null`: of all) by name, with the number of their tasks. */
export const findTags = (db: Db, workspaceId: string | null): Promise<Tag[]> =>
  Tag.query(db)
    .alias('g')
    .select('g.*', taskCount())
    .modify((query) => {
      if (workspaceId !== null) query.where('g.workspace_id', workspaceId);
    })
    .orderByRaw('lower(g.name), g.id') as unknown as Promise<Tag[]>;

/** The tags of a workspace that have these names, whatever their case; by name in lower case. */
export async function findTagsByName(
  db: Db,
  workspaceId: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, { readonly id: string; readonly name: string }>> {
  if (names.length === 0) return new Map();
  const rows: { id: string; name: string; wanted: string }[] = await db('taskapp.tags as g')
    .joinRaw('join unnest(?::text[]) w (name) on lower(g.name) = lower(w.name)', [[...names]])
    .where('g.workspace_id', workspaceId)
    .select('g.id', 'g.name', { wanted: 'w.name' });
  return new Map(rows.map(({ id, name, wanted }) => [wanted.toLowerCase(), { id, name }]));
}

function selectTag(db: Db, { actor, id, permission }: { actor: Actor; id: string; permission: Permission }) {
  const [may, bindings] = actorMay(actor, permission, 'g');
  return Tag.query(db).alias('g').where('g.id', id).select('g.*', taskCount(), raw(may, bindings).as('may')).first();
}

function assertAccess(tag: Tag | undefined): Tag {
  if (!tag) fail(tagErrors.notFound);
  return (tag as Tag & { may: boolean }).may ? tag : fail(tagErrors.forbidden);
}

/** @throws tag.not_found, tag.forbidden */
export const getTag = async (db: Db, actor: Actor, id: string): Promise<Tag> =>
  assertAccess(await selectTag(db, { actor, id, permission: 'read' }));

/** Reads a tag and locks its row for a change. */
export const lockTag = async (db: Knex.Transaction, actor: Actor, id: string): Promise<Tag> =>
  assertAccess(await lockRowsOf(selectTag(db, { actor, id, permission: 'write' }), 'g'));

const MAX_TAGS = 1000;

/** Call it under the lock of the workspace, so that tags made at once all count. @throws tag.too_many */
export async function assertTagLimit(db: Knex.Transaction, workspaceId: string): Promise<void> {
  if ((await Tag.query(db).where('workspace_id', workspaceId).resultSize()) > MAX_TAGS) fail(tagErrors.tooMany);
}
