import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import type { Deps } from '../deps.ts';
import { all, diff } from '../events/events.queries.ts';
import { createHookedChanges } from '../hooks/resource-hooks.ts';
import type { Actor, Handlers } from '../kernel/contract.ts';
import { type Db, onConstraint } from '../kernel/database.ts';
import { implement } from '../kernel/implement.ts';
import type { Serialized } from '../kernel/serialized.ts';
import { transaction } from '../kernel/transaction.ts';
import { assertVersion } from '../kernel/versions.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { getWritableScope } from '../workspaces/workspaces.queries.ts';
import { createTaskInserter } from './task-insert.queries.ts';
import { createTaskList } from './task-list.ts';
import { removeTask } from './task-remove.queries.ts';
import { createTaskUpdater } from './task-update.queries.ts';
import { tasksContract } from './tasks.contract.ts';
import { createTaskReader, findTagIds, getTask, lockTags, lockTask, replaceTags } from './tasks.queries.ts';

/** The workspace or its user was deleted while the call was under way. */
const workspaceGone = onConstraint({
  tasks_workspace_id_fkey: workspaceErrors.forbidden,
  tasks_creator_id_fkey: workspaceErrors.forbidden,
});

/** Tasks: whoever is a member of a task's workspace may read it, whoever is no mere viewer may change it. */
export function createTaskService(deps: Deps) {
  const { db } = deps;
  const hooks = createHookedChanges(deps, 'task', tasksContract);
  const read = createTaskReader(db);
  const make = makeTask(createTaskInserter(db));
  const change = changeTask(createTaskUpdater(db));

  return implement(tasksContract, {
    list: createTaskList(deps),

    create: (ctx, input) => hooks.create({ db, ctx, input }, make).catch(workspaceGone),

    get: ({ actor }, { id }) => read(actor, id),

    update: (ctx, input) => hooks.update({ db, ctx, input }, { find: findLocked(ctx.actor, input.id), change }),

    remove: (ctx, input) =>
      hooks.remove(
        { db, ctx, input },
        { find: findLocked(ctx.actor, input.id), change: ({ db, ctx, input }) => removeTask(db, ctx, input.id) },
      ),
  });
}

type Call<O extends keyof Handlers<typeof tasksContract>> = {
  readonly db: Db;
  readonly ctx: Parameters<Handlers<typeof tasksContract>[O]>[0];
  readonly input: Parameters<Handlers<typeof tasksContract>[O]>[1];
};

/** Makes a task. */
const makeTask =
  (insertTask: ReturnType<typeof createTaskInserter>) =>
  ({ db, ctx, input: { tagIds = [], workspaceId, ...fields } }: Call<'create'>): Promise<Serialized> => {
    const make = async (db: Db) => {
      const scope = await getWritableScope(db, ctx, workspaceId);
      const creatorId = ctx.actor.kind === 'user' ? ctx.actor.userId : scope.ownerId;
      await lockTags(db, scope.id, tagIds);
      const { description = null, dueDate = null } = fields;
      const changes = all('to', { ...fields, ...(tagIds.length > 0 && { tagIds }) });
      const place = { id: uuid(), workspaceId: scope.id, creatorId, tagIds };
      return insertTask(db, ctx, { ...fields, description, dueDate, ...place, changes });
    };
    return tagIds.length > 0 ? transaction(db, make) : make(db);
  };

/** Changes a task. */
const changeTask =
  (updateTask: ReturnType<typeof createTaskUpdater>) =>
  ({ db, ctx, input: { id, tagIds, ...fields } }: Call<'update'>): Promise<Serialized> => {
    if (!tagIds) return updateTask(db, ctx, { id, ...fields });
    return transaction(db, async (db) => {
      const task = await lockTask(db, ctx.actor, id);
      assertVersion(ctx, task);
      const tagChanges = diff({ tagIds: await findTagIds(db, id) }, { tagIds: [...tagIds].sort() });
      if (tagChanges.tagIds) await replaceTags(db, task, tagIds);
      return updateTask(db, ctx, { id, ...fields, tagChanges });
    });
  };

/** For hooks: a task as its callers see it, which nobody else can change meanwhile. */
const findLocked = (actor: Actor, id: string) => async (db: Knex.Transaction) => {
  await lockTask(db, actor, id);
  return getTask(db, actor, id);
};
