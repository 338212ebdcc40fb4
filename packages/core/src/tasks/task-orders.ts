import type { CursorPosition } from '../kernel/cursors.ts';
import type { TaskSort, TaskView } from './tasks.contract.ts';

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

/** Each order is that of an index; see migration 0007. */
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

/** The order that `sort` names, and which way it goes. */
export const orderOf = (sort: TaskSort) => ({
  order: ORDERS[sort.replace('-', '') as keyof typeof ORDERS],
  direction: sort.startsWith('-') ? ('desc' as const) : ('asc' as const),
});

/** The same order from its end. */
export const opposite = (sort: TaskSort): TaskSort => (sort.startsWith('-') ? sort.slice(1) : `-${sort}`) as TaskSort;

/** Where a page of `sort` ends, for a cursor; `json` is its last task. */
export const positionOf = (json: string, sort: TaskSort): CursorPosition =>
  orderOf(sort).order.position(JSON.parse(json));

/** What follows `order by` for the tasks `alias`. */
export const ordering = (sort: TaskSort, alias: string): string => {
  const { order, direction } = orderOf(sort);
  return order
    .columns(alias)
    .map((column) => `${column} ${direction}`)
    .join(', ');
};
