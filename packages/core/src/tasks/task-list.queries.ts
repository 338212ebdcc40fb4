import type { CursorPosition } from '../kernel/cursors.ts';
import type { Db } from '../kernel/database.ts';
import { conditions, join, type Sql } from './task-conditions.ts';
import { ordering, orderOf } from './task-orders.ts';
import { viewOf } from './task-view.ts';
import type { TaskFilter, TaskSort } from './tasks.contract.ts';

/** Which tasks, in which order, from where. */
export interface PageQuery {
  /** `null`: the tasks of all workspaces. */
  readonly workspaceId: string | null;
  readonly filter: TaskFilter;
  readonly sort: TaskSort;
  readonly limit: number;
  readonly count: boolean;
  readonly offset?: number;
  readonly after?: CursorPosition;
}

export interface TaskPage {
  /** Each as JSON text. */
  readonly tasks: readonly string[];
  /** Tasks that match; `null` when not counted. */
  readonly total: number | null;
  readonly more: boolean;
}

/** Reads a page and its total in one statement, so in one snapshot. */
export async function findTaskPage(db: Db, query: PageQuery): Promise<TaskPage> {
  const [rows, rowValues] = rowsOf(query);
  const [total, totalValues] = totalOf(query);
  const sql = `select n.total, case when p.id is not null then ${viewOf('p')} end as json
    from (select (${total})::int as total) n left join lateral (${rows}) p on true order by ${ordering(query.sort, 'p')}`;
  const found = await db.raw(sql, [...totalValues, ...rowValues] as never);
  const page = found.rows as { readonly total: number | null; readonly json: string | null }[];
  const tasks = page.flatMap(({ json }) => json ?? []);
  return { tasks: tasks.slice(0, query.limit), total: page[0]?.total ?? null, more: tasks.length > query.limit };
}

/** Beyond it the keys of a page are found first: rows that an offset skips are not read then. */
const SHALLOW = 200;

function rowsOf(query: PageQuery): Sql {
  const { limit, offset = 0 } = query;
  const [where, values] = join([...conditions(query.workspaceId, query.filter), ...afterPosition(query)], ' and ');
  const select = (columns: string) =>
    `select ${columns} from taskapp.tasks t where ${where || 'true'} order by ${ordering(query.sort, 't')} limit ? offset ?`;
  const isShallow = offset <= SHALLOW;
  const sql = isShallow ? select('t.*') : `select r.* from (${select('t.id')}) k join taskapp.tasks r on r.id = k.id`;
  return [sql, [...values, limit + 1, offset]];
}

function afterPosition({ sort, after }: PageQuery): Sql[] {
  if (!after) return [];
  const { order, direction } = orderOf(sort);
  const values = order.types.map((type) => `?::${type}`).join(', ');
  return [[`(${order.columns('t').join(', ')}) ${direction === 'desc' ? '<' : '>'} (${values})`, after]];
}

function totalOf(query: PageQuery): Sql {
  const { count, filter, workspaceId } = query;
  if (!count) return ['null', []];
  if (Object.values(filter).some((value) => value !== undefined)) {
    const [where, values] = join(conditions(workspaceId, filter), ' and ');
    return [`select count(*) from taskapp.tasks t where ${where}`, values];
  }
  if (workspaceId === null) return ['select coalesce(sum(task_count), 0) from taskapp.workspaces', []];
  return ['select task_count from taskapp.workspaces where id = ?', [workspaceId]];
}
