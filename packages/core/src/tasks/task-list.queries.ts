import type { CursorPosition } from '../kernel/cursors.ts';
import type { Db } from '../kernel/database.ts';
import { runStatement } from '../kernel/statement.ts';
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

/** Reads a page and its total in one statement, so in one snapshot, and in one row: the tasks come as lines. */
export async function findTaskPage(db: Db, query: PageQuery): Promise<TaskPage> {
  const [rows, rowValues] = rowsOf(query);
  const [total, totalValues] = totalOf(query);
  // JSON has no line ends of its own: those in strings are escaped.
  const lines = `select string_agg(${viewOf('p')}, E'\\n') as lines from (${rows}) p`;
  const sql = `select n.total, l.lines from (select (${total})::int as total) n, (${lines}) l`;
  const found = await runStatement<Page>(db, { sql, bindings: [...totalValues, ...rowValues] });
  const [page] = found.rows as [Page];
  const tasks = page.lines === null ? [] : page.lines.split('\n');
  return { tasks: tasks.slice(0, query.limit), total: page.total, more: tasks.length > query.limit };
}

interface Page {
  readonly total: number | null;
  readonly lines: string | null;
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
function fromOffset({ sort, offset }: PageQuery, chosen: readonly Sql[]): Sql {
  const { order, direction } = orderOf(sort);
  const columns = order.columns('t').join(', ');
  const [first, values] = select(columns, chosen, sort);
  const comparison = direction === 'desc' ? '<=' : '>=';
  return [`(${columns}) ${comparison} (${first} limit 1 offset ?)`, [...values, offset]];
}

function afterPosition({ sort, after }: PageQuery): Sql[] {
  if (!after) return [];
  const { order, direction } = orderOf(sort);
  const values = order.types.map((type) => `?::${type}`).join(', ');
  return [[`(${order.columns('t').join(', ')}) ${direction === 'desc' ? '<' : '>'} (${values})`, after]];
}

const isFiltered = (filter: TaskFilter) => Object.values(filter).some((value) => value !== undefined);

function totalOf({ count, filter, workspaceId }: PageQuery): Sql {
  if (!count) return ['null', []];
  const { tagId, ...others } = filter;
  if (isFiltered(others)) {
    const [where, values] = join(conditions(workspaceId, filter), ' and ');
    return [`select count(*) from taskapp.tasks t where ${where}`, values];
  }
  if (tagId !== undefined) return totalOfTag(tagId, workspaceId);
  if (workspaceId === null) return ['select coalesce(sum(task_count), 0) from taskapp.workspaces', []];
  return ['select task_count from taskapp.workspaces where id = ?', [workspaceId]];
}

/** Links are as many as tasks, which are of the tag's workspace. */
function totalOfTag(tagId: string, workspaceId: string | null): Sql {
  const links = 'select count(*) from taskapp.task_tags l where l.tag_id = ?';
  if (workspaceId === null) return [links, [tagId]];
  const own = 'exists (select 1 from taskapp.tags g where g.id = ? and g.workspace_id = ?)';
  return [`${links} and ${own}`, [tagId, tagId, workspaceId]];
}
