import type { CursorPosition } from '../kernel/cursors.ts';
import type { Db } from '../kernel/database.ts';
import { runStatement } from '../kernel/statement.ts';
import { conditions, isFiltered, join, type Sql } from './task-conditions.ts';
import { opposite, ordering, orderOf } from './task-orders.ts';
import { totalOf } from './task-totals.ts';
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

/** Reads a page and its total in one statement, so in one snapshot, and in one row: the tasks come as lines. */
export async function findTaskPage(db: Db, query: PageQuery): Promise<TaskPage> {
  const [rows, rowValues] = rowsOf(query);
  const [total, totalValues] = totalOf(query);
  const lines = linesOf(rows);
  const sql = `select n.total, l.lines from (select (${total})::int as total) n, (${lines}) l`;
  const found = await runStatement<Page>(db, { sql, bindings: [...totalValues, ...rowValues] });
  return toPage(found.rows[0], query);
}

/** A page as a statement reads it. */
export interface Page {
  readonly total: number | null;
  /** One task more than the page shows, if there is one. */
  readonly lines: string | null;
}

/** JSON has no line ends of its own: those in strings are escaped. */
export const linesOf = (rows: string) => `select string_agg(${viewOf('p')}, E'\\n') as lines from (${rows}) p`;

export function toPage(page: Page | undefined, { limit }: PageQuery): TaskPage {
  const tasks = page?.lines?.split('\n') ?? [];
  return { tasks: tasks.slice(0, limit), total: page?.total ?? null, more: tasks.length > limit };
}

/** What a page skips, or what its filter leaves out, is read from an index alone; rows only for what it shows. */
function rowsOf(query: PageQuery): Sql {
  const { limit, offset = 0 } = query;
  const chosen = [...conditions(query.workspaceId, query.filter), ...afterPosition(query)];
  if (isFiltered(query.filter)) {
    const [keys, values] = select('t.id', chosen, query.sort);
    const order = ordering(query.sort, 't');
    const sql = `select t.* from (${keys} limit ? offset ?) k join taskapp.tasks t on t.id = k.id order by ${order}`;
    return [sql, [...values, limit + 1, offset]];
  }
  const from = offset === 0 ? chosen : [...chosen, fromOffset(query, chosen)];
  const [sql, values] = select('t.*', from, query.sort);
  return [`${sql} limit ?`, [...values, limit + 1]];
}

function select(columns: string, chosen: readonly Sql[], sort: TaskSort): Sql {
  const [where, values] = join(chosen, ' and ');
  return [`select ${columns} from taskapp.tasks t where ${where || 'true'} order by ${ordering(sort, 't')}`, values];
}

/** Those from the task at the offset on. */
function fromOffset(query: PageQuery, chosen: readonly Sql[]): Sql {
  const { order, direction } = orderOf(query.sort);
  const [first, values] = firstOf(query, order.columns('t').join(', '), chosen);
  return [`(${order.columns('t').join(', ')}) ${direction === 'desc' ? '<=' : '>='} (${first})`, values];
}

/** Where skipping costs more than asking how many tasks there are. */
const FAR = 1000;

/** The columns of the task at the offset. One that is far is looked for from the end of the list that is nearer. */
function firstOf({ sort, offset = 0, workspaceId }: PageQuery, columns: string, chosen: readonly Sql[]): Sql {
  const [forward, values] = select(columns, chosen, sort);
  if (offset < FAR || workspaceId === null) return [`${forward} limit 1 offset ?`, [...values, offset]];
  const [backward] = select(columns, chosen, opposite(sort));
  const count = (sql: string) => `(select ${sql} from taskapp.workspaces where id = ?)`;
  const ifNear = count('case when task_count >= 2 * ?::int then 1 else 0 end');
  const ifFar = count('case when task_count > ?::int and task_count < 2 * ?::int then 1 else 0 end');
  return [
    `select * from (
      (${forward} limit ${ifNear} offset ?) union all
      (${backward} limit ${ifFar} offset ${count('greatest(task_count - 1 - ?::int, 0)')})
    ) e`,
    [...values, offset, workspaceId, offset, ...values, offset, offset, workspaceId, offset, workspaceId],
  ];
}

function afterPosition({ sort, after }: PageQuery): Sql[] {
  if (!after) return [];
  const { order, direction } = orderOf(sort);
  const values = order.types.map((type) => `?::${type}`).join(', ');
  return [[`(${order.columns('t').join(', ')}) ${direction === 'desc' ? '<' : '>'} (${values})`, after]];
}
