// The statements of somebody who writes the same API by hand: what both references run.

const TASK = `t.id, t.title, t.description, t.status, t.priority, t.due_date as "dueDate", t.completed_at as "completedAt",
  t.user_id as "userId", t.created_at as "createdAt", t.updated_at as "updatedAt"`;
const TAGS = `(select coalesce(json_agg(json_build_object('id', g.id, 'name', g.name, 'color', g.color)), '[]')
  from plain.task_tags l join plain.tags g on g.id = l.tag_id where l.task_id = t.id) as tags`;

export const sql = {
  list: `select ${TASK}, ${TAGS} from plain.tasks t where t.user_id = $1 order by t.created_at desc limit $2 offset $3`,
  count: 'select count(*)::int as total from plain.tasks where user_id = $1',
  get: `select ${TASK}, ${TAGS} from plain.tasks t where t.id = $1`,
  create: `insert into plain.tasks as t (id, user_id, title, description, status, priority, due_date)
    values (gen_random_uuid(), $1, $2, $3, coalesce($4, 'TODO'), coalesce($5, 'MEDIUM'), $6)
    returning ${TASK}, '[]'::json as tags`,
  update: `update plain.tasks t set title = coalesce($3, title), status = coalesce($4, status), updated_at = now()
    where t.id = $1 and t.user_id = $2 returning ${TASK}, ${TAGS}`,
};

export const CACHE_SECONDS = 300;
export const RATE_WINDOW_MS = 60_000;

/** Where a page of a user is cached, and the set of all of them, to be deleted by a write. */
export const listKey = (userId: string, page: number, limit: number) => `plain:list:${userId}:${page}:${limit}`;
export const listKeys = (userId: string) => `plain:lists:${userId}`;
