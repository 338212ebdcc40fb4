import type { Db } from '../kernel/database.ts';
import { named, runStatement } from '../kernel/statement.ts';
import type { StatsInput } from './task-stats.contract.ts';
import { PRIORITIES, STATUSES } from './tasks.contract.ts';

const OPEN = `status in ('TODO', 'IN_PROGRESS')`;
const count = (condition: string) => `count(*) filter (where ${condition})`;
const counts = (names: readonly string[], condition: (name: string) => string) =>
  `json_build_object(${names.map((name) => `'${name}', ${count(condition(name))}`).join(', ')})`;
/** The moment at which a local day begins. */
const at = (day: string) => `(${day}) at time zone :timeZone`;

const read = (scope: string) =>
  named(`
  with days as (
    select date_trunc('day', now() at time zone :timeZone) as today,
      date_trunc('week', now() at time zone :timeZone) as week
  ),
  bounds as (
    select today, ${at(`today + interval '1 day'`)} as tomorrow, ${at(`week + interval '7 days'`)} as monday,
      ${at("today - (:days::int - 1) * interval '1 day'")} as since
    from days
  ),
  totals as (
    select count(*) as total, ${count(OPEN)} as open, ${counts(STATUSES, (name) => `status = '${name}'`)} as "byStatus",
      ${counts(PRIORITIES, (name) => `${OPEN} and priority = '${name}'`)} as "byPriority",
      ${count(`${OPEN} and due_date < now()`)} as overdue,
      ${count(`${OPEN} and due_date >= now() and due_date < tomorrow`)} as "dueToday",
      ${count(`${OPEN} and due_date >= now() and due_date < monday`)} as "dueThisWeek"
    from taskapp.tasks, bounds where ${scope}
  ),
  done as (
    select date_trunc('day', completed_at at time zone :timeZone) as day, count(*) as count
    from taskapp.tasks, bounds where ${scope} and status = 'DONE' and completed_at >= since group by 1
  ),
  completed as (
    select json_agg(json_build_object('date', to_char(day, 'YYYY-MM-DD'), 'count', coalesce(count, 0)) order by day) as completed
    from bounds, generate_series(today - (:days::int - 1) * interval '1 day', today, interval '1 day') s (day)
      left join done using (day)
  )
  select row_to_json(stats)::text as json from (select totals.*, :timeZone::text as "timeZone", completed from totals, completed) stats`);

const OF_WORKSPACE = read('workspace_id = :workspaceId');
const OF_ALL = read('true');

/** Counts the tasks of a workspace (`null`: of all), as JSON text. */
export async function countTasks(db: Db, workspaceId: string | null, { days, timeZone }: StatsInput): Promise<string> {
  const statement = (workspaceId === null ? OF_ALL : OF_WORKSPACE)({ workspaceId, days, timeZone });
  const { rows } = await runStatement<{ json: string }>(db, statement);
  return rows[0]?.json as string;
}
