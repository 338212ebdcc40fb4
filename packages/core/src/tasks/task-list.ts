import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { type CallContext, callerOf } from '../kernel/contract.ts';
import type { CursorPosition } from '../kernel/cursors.ts';
import { refuse } from '../kernel/errors.ts';
import { Serialized } from '../kernel/serialized.ts';
import { findReadableSnapshot } from '../workspaces/workspaces.queries.ts';
import { orderOf, positionOf } from './task-orders.ts';
import { createTaskPageReader } from './task-pages.queries.ts';
import { MAX_NUMBERED, type TaskFilter, type TaskListInput, type TaskSort } from './tasks.contract.ts';

/** Lists tasks, through the cache where the list belongs to one workspace. */
export function createTaskList({ db, cache, cursors }: Deps) {
  const readPage = createTaskPageReader(db);
  const load = async (ctx: CallContext, workspaceId: string | null, input: TaskListInput) => {
    const { page: number = 1, limit, cursor, count, sort } = input;
    const filter = filterOf(input);
    const scope = JSON.stringify([callerOf(ctx.actor), workspaceId, sort, filter]);
    const from =
      cursor === undefined
        ? { offset: (number - 1) * limit }
        : { after: positionIn(cursors.decode(cursor, scope), sort) };
    const { tasks, total, more } = await readPage({ workspaceId, filter, sort, limit, count, ...from });
    const last = more ? tasks.at(-1) : undefined;
    const pagination = {
      page: cursor === undefined ? number : null,
      limit,
      total,
      totalPages: total === null ? null : Math.ceil(total / limit),
      nextCursor: last ? cursors.encode(positionOf(last, sort), scope) : null,
    };
    return `{"tasks":[${tasks.join(',')}],"pagination":${JSON.stringify(pagination)}}`;
  };

  return async (ctx: CallContext, input: TaskListInput) => {
    checkPaging(input);
    const workspace = await findReadableSnapshot(db, ctx, input.workspaceId);
    if (!workspace || !cache) return new Serialized(await load(ctx, workspace?.id ?? null, input));
    const tag = `${workspace.stamp}-${hash('sha1', JSON.stringify([callerOf(ctx.actor), input]), 'base64url')}`;
    return new Serialized(await cache.remember(`${workspace.id}:${tag}`, () => load(ctx, workspace.id, input)), {
      tag,
    });
  };
}

/** What a cursor says, where it may be signed with what everybody knows. */
function positionIn(position: CursorPosition, sort: TaskSort): CursorPosition {
  const { length } = orderOf(sort).order.types;
  return position.length === length ? position : refuse('cursor', 'Does not belong to this list');
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
