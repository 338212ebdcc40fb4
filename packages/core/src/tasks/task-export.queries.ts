import type { CursorPosition } from '../kernel/cursors.ts';
import type { Db } from '../kernel/database.ts';
import { named, runStatement } from '../kernel/statement.ts';
import { viewOf } from './task-view.ts';

interface ExportQuery {
  /** `null`: the tasks of all workspaces. */
  readonly workspaceId: string | null;
  readonly limit: number;
  readonly after: CursorPosition | undefined;
}

const read = (conditions: readonly string[]) =>
  named(`
  select left(${viewOf('t')}, -1) || ',"metadata":' || coalesce(m.data::text, 'null') || '}' as json
  from (
    select * from taskapp.tasks where ${['true', ...conditions].join(' and ')}
    order by created_at desc, id desc limit :limit
  ) t left join taskapp.task_metadata m on m.task_id = t.id
  order by t.created_at desc, t.id desc`);

const IN_WORKSPACE = 'workspace_id = :workspaceId';
const AFTER = '(created_at, id) < (:createdAt::timestamptz, :id::uuid)';
const READS = {
  all: [read([]), read([AFTER])],
  workspace: [read([IN_WORKSPACE]), read([IN_WORKSPACE, AFTER])],
} as const;

/** Reads tasks, newest first, each as JSON text with its metadata. */
export async function findExportedTasks(db: Db, { workspaceId, limit, after }: ExportQuery): Promise<string[]> {
  const [first, next] = READS[workspaceId === null ? 'all' : 'workspace'];
  const [createdAt, id] = after ?? [];
  const statement = (after ? next : first)({ workspaceId, limit, createdAt, id });
  const { rows } = await runStatement<{ json: string }>(db, statement);
  return rows.map(({ json }) => json);
}
