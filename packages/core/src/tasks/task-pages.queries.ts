import { batch, forBatches } from '../kernel/batches.ts';
import type { Db } from '../kernel/database.ts';
import { isFiltered } from './task-conditions.ts';
import { findTaskPage, linesOf, type Page, type PageQuery, type TaskPage, toPage } from './task-list.queries.ts';
import { ordering } from './task-orders.ts';

/** The order and the size of a page unless something else is asked for. */
const [SORT, LIMIT] = ['-createdAt', 20] as const;
/** Pages of one statement are read one after the other, so there are few of them, and none that skips very much. */
const [TOGETHER, SKIPPED] = [4, 200];

const OF_WORKSPACE = 'from taskapp.tasks t where t.workspace_id = q.workspace_id';
const BY_TIME = `order by ${ordering(SORT, 't')}`;

// The limit within is a number, so that PostgreSQL knows how little a page is whatever it keeps a plan for.
const readPages = forBatches<Page>(
  ['uuid', 'int', 'int'],
  (rows) => `
  select q.number, (select w.task_count from taskapp.workspaces w where w.id = q.workspace_id) as total, (${linesOf(`
    select r.* from (
      select t.* ${OF_WORKSPACE}
        and (t.created_at, t.id) <= (select t.created_at, t.id ${OF_WORKSPACE} ${BY_TIME} limit 1 offset q.skipped)
      ${BY_TIME} limit ${LIMIT + 1}
    ) r limit q.most`)})
  from ${rows} q (workspace_id, most, skipped, number)`,
);

/** Whether it is one of those that nearly everybody asks for. */
const isUsual = ({ workspaceId, filter, sort, limit, count, offset = 0, after }: PageQuery): boolean =>
  workspaceId !== null &&
  sort === SORT &&
  limit <= LIMIT &&
  count &&
  !after &&
  offset <= SKIPPED &&
  !isFiltered(filter);

/** Reads pages as `findTaskPage` does; usual ones of one turn of the event loop a few at a time. */
export function createTaskPageReader(db: Db) {
  const ask = batch(async (queries: readonly PageQuery[]) => {
    if (queries.length === 1) return [await findTaskPage(db, queries[0] as PageQuery)];
    const keys = queries.map(({ workspaceId, limit, offset = 0 }) => [workspaceId, limit + 1, offset]);
    const pages = await readPages(db, keys);
    return queries.map((query, at) => toPage(pages[at], query));
  }, TOGETHER);
  return (query: PageQuery): Promise<TaskPage> => (isUsual(query) ? ask(query) : findTaskPage(db, query));
}
