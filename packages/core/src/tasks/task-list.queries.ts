import type { CursorPosition } from '../kernel/cursors.ts';
import type { Db } from '../kernel/database.ts';
import { conditions, join, type Sql } from './task-conditions.ts';
import { viewOf } from './task-view.ts';
import type { TaskFilter, TaskSort, TaskView } from './tasks.contract.ts';

/** A task as it stands in JSON. */
type JsonTask = Omit<TaskView, 'createdAt' | 'dueDate'> & {
  readonly createdAt: string;
  readonly dueDate: string | null;
};

interface Order {
  /** Columns of `alias` that rows are ordered by, all in one direction; together they are unique. */
  readonly columns: (alias: string) => readonly string[];
  readonly types: readonly string[];
  /** The values of those columns in one row. */
  readonly position: (task: JsonTask) => CursorPosition;
}

const byCreation: Order = {
  columns: (t) => [`${t}.created_at`, `${t}.id`],
  types: ['timestamptz', 'uuid'],
  position: (task) => [task.createdAt, task.id],
};

/** Each order is that of an index; see migration 0002. */
const ORDERS: Readonly<Record<'createdAt' | 'dueDate' | 'priority', Order>> = {
  createdAt: byCreation,
  dueDate: {
    columns: (t) => [`coalesce(${t}.due_date, 'infinity')`, `${t}.id`],
    types: ['timestamptz', 'uuid'],
    position: (task) => [task.dueDate ?? 'infinity', task.id],
  },
  priority: {
    columns: (t) => [`${t}.priority`, ...byCreation.columns(t)],
    types: ['taskapp.task_priority', ...byCreation.types],
    position: (task) => [task.priority, ...byCreation.position(task)],
  },
};

const orderOf = (sort: TaskSort) => ({
  order: ORDERS[sort.replace('-', '') as keyof typeof ORDERS],
  direction: sort.startsWith('-') ? ('desc' as const) : ('asc' as const),
});

/** Where a page of `sort` ends, for a cursor; `json` is its last task. */
export const positionOf = (json: string, sort: TaskSort): CursorPosition =>
  orderOf(sort).order.position(JSON.parse(json));

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
    from (select (${total})::int as total) n left join lateral (${rows}) p on true order by ${ordering(query, 'p')}`;
  const found = await db.raw(sql, [...totalValues, ...rowValues] as never);
  const page = found.rows as { readonly total: number | null; readonly json: string | null }[];
  const tasks = page.flatMap(({ json }) => json ?? []);
  return { tasks: tasks.slice(0, query.limit), total: page[0]?.total ?? null, more: tasks.length > query.limit };
}

const ordering = ({ sort }: PageQuery, alias: string): string => {
  const { order, direction } = orderOf(sort);
  return order
    .columns(alias)
    .map((column) => `${column} ${direction}`)
    .join(', ');
};

/** Beyond it the keys of a page are found first: rows that an offset skips are not read then. */
const SHALLOW = 200;

function rowsOf(query: PageQuery): Sql {
  const { limit, offset = 0 } = query;
  const [where, values] = join([...conditions(query.workspaceId, query.filter), ...afterPosition(query)], ' and ');
  const select = (columns: string) =>
    `select ${columns} from taskapp.tasks t where ${where || 'true'} order by ${ordering(query, 't')} limit ? offset ?`;
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
