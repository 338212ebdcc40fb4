import type { Knex } from 'knex';
import { raw } from 'objection';
import { v7 as uuid } from 'uuid';
import type { Deps } from '../deps.ts';
import { all, diff, recordChange } from '../events/events.queries.ts';
import { createHookedChanges } from '../hooks/resource-hooks.ts';
import type { Actor, Handlers } from '../kernel/contract.ts';
import { type Db, onConstraint } from '../kernel/database.ts';
import { implement } from '../kernel/implement.ts';
import { Serialized } from '../kernel/serialized.ts';
import { transaction } from '../kernel/transaction.ts';
import { assertVersion } from '../kernel/versions.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { findReadableSnapshot, getWritableScope } from '../workspaces/workspaces.queries.ts';
import { Tag } from './tag.model.ts';
import { tagsContract } from './tags.contract.ts';
import { tagErrors } from './tags.errors.ts';
import { assertTagLimit, findTags, getTag, lockTag } from './tags.queries.ts';

const refused = onConstraint({
  tags_name_unique: tagErrors.nameTaken,
  // The workspace was deleted while the call was under way.
  tags_workspace_id_fkey: workspaceErrors.forbidden,
});

/** Tags belong to a workspace; their names are unique in it without regard to case. */
export function createTagService(deps: Deps) {
  const { db, cache } = deps;
  const hooks = createHookedChanges(deps, 'tag', tagsContract);

  return implement(tagsContract, {
    list: async (ctx, { workspaceId }) => {
      const workspace = await findReadableSnapshot(db, ctx, workspaceId);
      const load = async () => ({ tags: await findTags(db, workspace?.id ?? null) });
      if (!workspace || !cache) return load();
      const json = await cache.remember(`${workspace.id}:${workspace.stamp}:tags`, async () =>
        JSON.stringify(tagsContract.list.output.parse(await load())),
      );
      return new Serialized(json);
    },

    create: (ctx, input) => hooks.create({ db, ctx, input }, makeTag).catch(refused),

    get: ({ actor }, { id }) => getTag(db, actor, id),

    update: (ctx, input) =>
      hooks.update({ db, ctx, input }, { find: findLocked(ctx.actor, input.id), change: changeTag }).catch(refused),

    remove: (ctx, input) =>
      hooks.remove({ db, ctx, input }, { find: findLocked(ctx.actor, input.id), change: removeTag }),
  });
}

type Call<O extends keyof Handlers<typeof tagsContract>> = {
  readonly db: Db;
  readonly ctx: Parameters<Handlers<typeof tagsContract>[O]>[0];
  readonly input: Parameters<Handlers<typeof tagsContract>[O]>[1];
};

const makeTag = ({ db, ctx, input: { name, color, workspaceId } }: Call<'create'>): Promise<Tag> =>
  transaction(db, async (db) => {
    const scope = await getWritableScope(db, ctx, workspaceId);
    const id = uuid();
    const fields = { name, color: color.toLowerCase() };
    await Tag.query(db).insert({ id, workspaceId: scope.id, ...fields });
    const changes = all('to', fields);
    await recordChange(db, ctx, { type: 'tag.created', workspaceId: scope.id, entityId: id, changes });
    await assertTagLimit(db, scope.id);
    return getTag(db, ctx.actor, id);
  });

const changeTag = ({ db, ctx, input: { id, name, color } }: Call<'update'>): Promise<Tag> =>
  transaction(db, async (db) => {
    const before = await lockTag(db, ctx.actor, id);
    assertVersion(ctx, before);
    const fields = { ...(name !== undefined && { name }), ...(color && { color: color.toLowerCase() }) };
    const changes = diff(before, fields);
    if (Object.keys(changes).length === 0) return before;
    const row = { ...fields, version: raw('version + 1'), updatedAt: raw('now()') };
    await Tag.query(db)
      .findById(id)
      .patch(row as never);
    await recordChange(db, ctx, { type: 'tag.updated', workspaceId: before.workspaceId, entityId: id, changes });
    return getTag(db, ctx.actor, id);
  });

const removeTag = ({ db, ctx, input: { id } }: Call<'remove'>): Promise<void> =>
  transaction(db, async (db) => {
    const before = await lockTag(db, ctx.actor, id);
    assertVersion(ctx, before);
    const { workspaceId, name, color } = before;
    await Tag.query(db).deleteById(id);
    const changes = all('from', { name, color });
    await recordChange(db, ctx, { type: 'tag.removed', workspaceId, entityId: id, changes });
  });

/** For hooks: a tag that nobody else can change meanwhile. */
const findLocked = (actor: Actor, id: string) => (db: Knex.Transaction) => lockTag(db, actor, id);
