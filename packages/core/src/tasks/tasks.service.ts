import { v7 as uuid } from 'uuid';
import type { Deps } from '../deps.ts';
import { all, diff } from '../events/events.queries.ts';
import { type Db, onConstraint } from '../kernel/database.ts';
import { implement } from '../kernel/implement.ts';
import { transaction } from '../kernel/transaction.ts';
import { assertVersion } from '../kernel/versions.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { getWritableScope } from '../workspaces/workspaces.queries.ts';
import { createTaskInserter } from './task-insert.queries.ts';
import { createTaskList } from './task-list.ts';
import { removeTask } from './task-remove.queries.ts';
import { createTaskUpdater } from './task-update.queries.ts';
import { tasksContract } from './tasks.contract.ts';
import { createTaskReader, findTagIds, lockTags, lockTask, replaceTags } from './tasks.queries.ts';

/** The workspace or its user was deleted while the call was under way. */
const workspaceGone = onConstraint({
  tasks_workspace_id_fkey: workspaceErrors.forbidden,
  tasks_creator_id_fkey: workspaceErrors.forbidden,
});

/** Tasks: whoever is a member of a task's workspace may read it, whoever is no mere viewer may change it. */
export function createTaskService(deps: Deps) {
  const { db } = deps;
  const read = createTaskReader(db);
  const insertTask = createTaskInserter(db);
  const updateTask = createTaskUpdater(db);

  return implement(tasksContract, {
    list: createTaskList(deps),

    create: (ctx, { tagIds = [], workspaceId, ...fields }) => {
      const make = async (db: Db) => {
        const scope = await getWritableScope(db, ctx, workspaceId);
        const creatorId = ctx.actor.kind === 'user' ? ctx.actor.userId : scope.ownerId;
        await lockTags(db, scope.id, tagIds);
        const { description = null, dueDate = null } = fields;
        const changes = all('to', { ...fields, ...(tagIds.length > 0 && { tagIds }) });
        const place = { id: uuid(), workspaceId: scope.id, creatorId, tagIds };
        return insertTask(db, ctx, { ...fields, description, dueDate, ...place, changes });
      };
      return (tagIds.length > 0 ? transaction(db, make) : make(db)).catch(workspaceGone);
    },

    get: ({ actor }, { id }) => read(actor, id),

    update: (ctx, { id, tagIds, ...fields }) => {
      if (!tagIds) return updateTask(db, ctx, { id, ...fields });
      return transaction(db, async (db) => {
        const task = await lockTask(db, ctx.actor, id);
        assertVersion(ctx, task);
        const tagChanges = diff({ tagIds: await findTagIds(db, id) }, { tagIds: [...tagIds].sort() });
        if (tagChanges.tagIds) await replaceTags(db, task, tagIds);
        return updateTask(db, ctx, { id, ...fields, tagChanges });
      });
    },

    remove: (ctx, { id }) => removeTask(db, ctx, id),
  });
}
