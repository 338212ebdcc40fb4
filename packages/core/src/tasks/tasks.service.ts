import { v7 as uuid } from 'uuid';
import type { Deps } from '../deps.ts';
import { all, diff, recordChange } from '../events/events.queries.ts';
import { onConstraint } from '../kernel/database.ts';
import { implement } from '../kernel/implement.ts';
import { transaction } from '../kernel/transaction.ts';
import { assertVersion } from '../kernel/versions.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { getWritableScope } from '../workspaces/workspaces.queries.ts';
import { Task } from './task.model.ts';
import { createTaskList } from './task-list.ts';
import { insertTask, updateTask } from './task-writing.queries.ts';
import { tasksContract } from './tasks.contract.ts';
import { findTagIds, getTask, lockTags, lockTask, replaceTags } from './tasks.queries.ts';

/** The workspace or its user was deleted while the call was under way. */
const workspaceGone = onConstraint({
  tasks_workspace_id_fkey: workspaceErrors.forbidden,
  tasks_creator_id_fkey: workspaceErrors.forbidden,
});

/** Tasks: whoever is a member of a task's workspace may read it, whoever is no mere viewer may change it. */
export function createTaskService(deps: Deps) {
  const { db } = deps;

  return implement(tasksContract, {
    list: createTaskList(deps),

    create: (ctx, { tagIds = [], workspaceId, ...fields }) =>
      transaction(db, async (db) => {
        const scope = await getWritableScope(db, ctx, workspaceId);
        const creatorId = ctx.actor.kind === 'user' ? ctx.actor.userId : scope.ownerId;
        await lockTags(db, scope.id, tagIds);
        const { description = null, dueDate = null } = fields;
        const changes = all('to', { ...fields, ...(tagIds.length > 0 && { tagIds }) });
        const place = { id: uuid(), workspaceId: scope.id, creatorId, tagIds };
        return insertTask(db, ctx, { ...fields, description, dueDate, ...place, changes });
      }).catch(workspaceGone),

    get: ({ actor }, { id }) => getTask(db, actor, id),

    update: (ctx, { id, tagIds, ...fields }) =>
      transaction(db, async (db) => {
        const before = await lockTask(db, ctx.actor, id);
        assertVersion(ctx, before);
        const changes = {
          ...diff(before, fields as Partial<Task>),
          ...(tagIds && diff({ tagIds: await findTagIds(db, id) }, { tagIds: [...tagIds].sort() })),
        };
        if (Object.keys(changes).length === 0) return getTask(db, ctx.actor, id);
        if (tagIds) await replaceTags(db, before, tagIds);
        return updateTask(db, ctx, { before, type: 'task.updated', changes });
      }),

    remove: (ctx, { id }) =>
      transaction(db, async (db) => {
        const before = await lockTask(db, ctx.actor, id);
        assertVersion(ctx, before);
        const { workspaceId, title, status, priority, dueDate } = before;
        await Task.query(db).deleteById(id);
        const changes = all('from', { title, status, priority, dueDate });
        await recordChange(db, ctx, { type: 'task.removed', workspaceId, entityId: id, tasks: -1, changes });
      }),
  });
}
