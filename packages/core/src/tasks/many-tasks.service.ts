import type { Deps } from '../deps.ts';
import { onConstraint } from '../kernel/database.ts';
import { implement } from '../kernel/implement.ts';
import { Serialized } from '../kernel/serialized.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { findReadableSnapshot } from '../workspaces/workspaces.queries.ts';
import { createTaskExport } from './task-export.ts';
import { createTaskImport } from './task-import.ts';
import { taskStatsContract } from './task-stats.contract.ts';
import { countTasks } from './task-stats.queries.ts';
import { taskTransferContract } from './task-transfer.contract.ts';

/** The workspace or its user was deleted while the call was under way. */
const workspaceGone = onConstraint({
  tasks_workspace_id_fkey: workspaceErrors.forbidden,
  tasks_creator_id_fkey: workspaceErrors.forbidden,
  tags_workspace_id_fkey: workspaceErrors.forbidden,
});

/** Many tasks at once: whoever may read or change them one by one. */
export function createManyTasksService(deps: Deps) {
  const { db } = deps;
  const importTasks = createTaskImport(deps);
  return implement(
    { ...taskStatsContract, ...taskTransferContract },
    {
      export: createTaskExport(deps),
      import: (ctx, input) => importTasks(ctx, input).catch(workspaceGone),
      stats: async (ctx, input) => {
        const workspace = await findReadableSnapshot(db, ctx, input.workspaceId);
        return new Serialized(await countTasks(db, workspace?.id ?? null, input));
      },
    },
  );
}
