import { raw } from 'objection';
import { v7 as uuid } from 'uuid';
import type { Deps } from '../deps.ts';
import { all, diff, recordChange } from '../events/events.queries.ts';
import { onConstraint } from '../kernel/database.ts';
import { implement } from '../kernel/implement.ts';
import { transaction } from '../kernel/transaction.ts';
import { assertVersion } from '../kernel/versions.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { getWritableScope } from '../workspaces/workspaces.queries.ts';
import { Task, toView } from './task.model.ts';
import { createTaskList } from './task-list.ts';
import { tasksContract } from './tasks.contract.ts';
import { findTagIds, getTask, lockTask, replaceTags } from './tasks.queries.ts';

const completion = (status: string | undefined) => {
  if (status === undefined) return {};
  return { completedAt: status === 'DONE' ? raw('coalesce(completed_at, now())') : null };
};

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
        const id = uuid();
        const creatorId = ctx.actor.kind === 'user' ? ctx.actor.userId : scope.ownerId;
        const completedAt = fields.status === 'DONE' ? raw('now()') : null;
        const row = { ...fields, id, workspaceId: scope.id, creatorId, completedAt };
        await Task.query(db).insert(row as never);
        await replaceTags(db, { id, workspaceId: scope.id }, tagIds);
        const task = await getTask(db, ctx.actor, id);
        const changes = all('to', { ...fields, ...(tagIds.length > 0 && { tagIds }) });
        await recordChange(db, ctx, { type: 'task.created', workspaceId: scope.id, entityId: id, tasks: 1, changes });
        return toView(task);
      }).catch(workspaceGone),

    get: async ({ actor }, { id }) => toView(await getTask(db, actor, id)),

    update: (ctx, { id, tagIds, ...fields }) =>
      transaction(db, async (db) => {
        const before = await lockTask(db, ctx.actor, id);
        assertVersion(ctx, before);
        const changes = {
          ...diff(before, fields as Partial<Task>),
          ...(tagIds && diff({ tagIds: await findTagIds(db, id) }, { tagIds: [...tagIds].sort() })),
        };
        if (Object.keys(changes).length === 0) return toView(await getTask(db, ctx.actor, id));
        const row = { ...fields, ...completion(fields.status), version: raw('version + 1'), updatedAt: raw('now()') };
        await Task.query(db)
          .findById(id)
          .patch(row as never);
        if (tagIds) await replaceTags(db, before, tagIds);
        const task = await getTask(db, ctx.actor, id);
        await recordChange(db, ctx, { type: 'task.updated', workspaceId: before.workspaceId, entityId: id, changes });
        return toView(task);
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
