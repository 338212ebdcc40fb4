import { raw } from 'objection';
import type { CursorPosition } from '../kernel/cursors.ts';
import type { Db } from '../kernel/database.ts';
import { Task } from './task.model.ts';
import type { TaskFilter, TaskSort } from './tasks.contract.ts';
import { tagsOf } from './tasks.queries.ts';

interface Order {
  /** Columns of `alias` that rows are ordered by, all in one direction; together they are unique. */
  readonly columns: (alias: string) => readonly string[];
  readonly types: readonly string[];
  /** The values of those columns in one row. */
  readonly position: (task: Task) => CursorPosition;
}

const byCreation: Order = {
  columns: (t) => [`${t}.created_at`, `${t}.id`],
  types: ['timestamptz', 'uuid'],
  position: (task) => [task.createdAt.toISOString(), task.id],
};

/** Each order is that of an index; see migration 0002. */
const ORDERS: Readonly<Record<'createdAt' | 'dueDate' | 'priority', Order>> = {
  createdAt: byCreation,
  dueDate: {
    columns: (t) => [`coalesce(${t}.due_date, 'infinity')`, `${t}.id`],
    types: ['timestamptz', 'uuid'],
    position: (task) => [task.dueDate?.toISOString() ?? 'infinity', task.id],
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

/** Where a page of `sort` ends, for a cursor. */
export const positionOf = (task: Task, sort: TaskSort): CursorPosition => orderOf(sort).order.position(task);

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
  readonly tasks: Task[];
  /** Tasks that match; `null` when not counted. */
  readonly total: number | null;
  readonly more: boolean;
}

/**
 * Reads a page and its total in one statement, so in one snapshot. Keys come first, rows and tags only for the page:
 * rows that an offset skips are never read.
 */
export async function findTaskPage(db: Db, query: PageQuery): Promise<TaskPage> {
  const { order, direction } = orderOf(query.sort);
  const ordering = (alias: string) =>
    order
      .columns(alias)
      .map((column) => `${column} ${direction}`)
      .join(', ');
  const keys = matching(db, query)
    .select('t.id')
    .orderByRaw(ordering('t'))
    .limit(query.limit + 1)
    .offset(query.offset ?? 0);
  if (query.after) {
    const compare = direction === 'desc' ? '<' : '>';
    const values = order.types.map((type) => `?::${type}`).join(', ');
    keys.whereRaw(`(${order.columns('t').join(', ')}) ${compare} (${values})`, [...query.after]);
  }
  const rows = await Task.query(db)
    .from(
      raw('(select (?)::int as total) n left join lateral (?) k on true left join taskapp.tasks p on p.id = k.id', [
        countOf(db, query),
        keys,
      ]) as never,
    )
    .select('p.*', 'n.total', tagsOf('p'))
    .orderByRaw(ordering('p'));
  const { total = null } = (rows[0] ?? {}) as { total?: number | null };
  const tasks = rows.filter(({ id }) => id !== null);
  return { tasks: tasks.slice(0, query.limit), total, more: tasks.length > query.limit };
}

function countOf(db: Db, query: PageQuery) {
  if (!query.count) return raw('null');
  const filtered = Object.values(query.filter).some((value) => value !== undefined);
  if (filtered) return matching(db, query).count();
  const workspaces = db('taskapp.workspaces');
  return query.workspaceId === null
    ? workspaces.select(db.raw('coalesce(sum(task_count), 0)'))
    : workspaces.where('id', query.workspaceId).select('task_count');
}

function matching(db: Db, { workspaceId, filter }: PageQuery) {
  const { status, priority, tagId, dueBefore, dueAfter } = filter;
  const query = db('taskapp.tasks as t');
  if (workspaceId !== null) query.where('t.workspace_id', workspaceId);
  if (status !== undefined) query.where('t.status', status);
  if (priority !== undefined) query.where('t.priority', priority);
  if (dueBefore !== undefined) query.whereRaw("coalesce(t.due_date, 'infinity') < ?", [dueBefore]);
  if (dueAfter !== undefined) query.whereRaw('t.due_date >= ?', [dueAfter]);
  if (tagId === undefined) return query;
  return query.whereRaw('exists (select 1 from taskapp.task_tags l where l.task_id = t.id and l.tag_id = ?)', [tagId]);
}
