import { createHash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { type CallContext, callerOf } from '../kernel/contract.ts';
import { refuse } from '../kernel/errors.ts';
import { Serialized } from '../kernel/serialized.ts';
import { findReadableSnapshot } from '../workspaces/workspaces.queries.ts';
import { toView } from './task.model.ts';
import { findTaskPage, positionOf } from './task-list.queries.ts';
import { type TaskFilter, type TaskListInput, tasksContract } from './tasks.contract.ts';

const MAX_NUMBERED = 100_000;

/** Lists tasks, through the cache where the list belongs to one workspace. */
export function createTaskList({ db, cache, cursors }: Deps) {
  const load = async (ctx: CallContext, workspaceId: string | null, input: TaskListInput) => {
    const { page: number = 1, limit, cursor, count, sort } = input;
    const filter = filterOf(input);
    const scope = JSON.stringify([callerOf(ctx.actor), workspaceId, sort, filter]);
    const from = cursor === undefined ? { offset: (number - 1) * limit } : { after: cursors.decode(cursor, scope) };
    const { tasks, total, more } = await findTaskPage(db, { workspaceId, filter, sort, limit, count, ...from });
    const last = more ? tasks.at(-1) : undefined;
    const pagination = {
      page: cursor === undefined ? number : null,
      limit,
      total,
      totalPages: total === null ? null : Math.ceil(total / limit),
      nextCursor: last ? cursors.encode(positionOf(last, sort), scope) : null,
    };
    return { tasks: tasks.map(toView), pagination };
  };

  return async (ctx: CallContext, input: TaskListInput) => {
    checkPaging(input);
    const workspace = await findReadableSnapshot(db, ctx, input.workspaceId);
    if (!workspace || !cache) return load(ctx, workspace?.id ?? null, input);
    const query = createHash('sha1')
      .update(JSON.stringify([callerOf(ctx.actor), input]))
      .digest('base64url');
    const key = `${workspace.id}:${workspace.stamp}:${query}`;
    const { output } = tasksContract.list;
    const json = await cache.remember(key, async () =>
      JSON.stringify(output.parse(await load(ctx, workspace.id, input))),
    );
    return new Serialized(json);
  };
}

const filterOf = ({ status, priority, tagId, dueBefore, dueAfter }: TaskListInput): TaskFilter => ({
  status,
  priority,
  tagId,
  dueBefore,
  dueAfter,
});

function checkPaging({ page, limit, cursor }: TaskListInput): void {
  if (page === undefined) return;
  if (cursor !== undefined) refuse('page', 'Cannot be combined with cursor');
  if (page * limit > MAX_NUMBERED) refuse('page', `Reaches to the ${MAX_NUMBERED}th task; use cursor beyond it`);
}
