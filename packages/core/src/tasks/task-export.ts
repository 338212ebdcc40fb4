import type { Deps } from '../deps.ts';
import { type CallContext, callerOf } from '../kernel/contract.ts';
import { Serialized } from '../kernel/serialized.ts';
import { findReadableSnapshot } from '../workspaces/workspaces.queries.ts';
import { findExportedTasks } from './task-export.queries.ts';
import { positionOf } from './task-orders.ts';
import type { ExportInput } from './task-transfer.contract.ts';

/** Reads tasks with their metadata, a page at a time. */
export function createTaskExport({ db, cursors }: Deps) {
  return async (ctx: CallContext, { limit, cursor, workspaceId }: ExportInput) => {
    const workspace = (await findReadableSnapshot(db, ctx, workspaceId))?.id ?? null;
    const scope = JSON.stringify(['export', callerOf(ctx.actor), workspace]);
    const after = cursor === undefined ? undefined : cursors.decode(cursor, scope);
    const found = await findExportedTasks(db, { workspaceId: workspace, limit: limit + 1, after });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const nextCursor = last === undefined ? null : cursors.encode(positionOf(last, '-createdAt'), scope);
    return new Serialized(`{"tasks":[${page.join(',')}],"pagination":${JSON.stringify({ limit, nextCursor })}}`);
  };
}
