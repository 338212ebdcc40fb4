import { addUsers, withClient } from './data.ts';

/** The user with a tenth of all tasks. */
export const BIG = 10_001;

/** So many tasks each for users from `first` on, as shares of all tasks. */
const GROUPS = [
  { first: BIG, share: 0.1, tasks: 100_000 },
  { first: 20_001, share: 0.1, tasks: 20_000 },
  { first: 30_001, share: 0.2, tasks: 4000 },
  { first: 40_001, share: 0.2, tasks: 500 },
  { first: 50_001, share: 0.4, tasks: 120 },
];
const FULL = 1_000_000;

/** An event for each task; one of 50,000 is of a rare type. */
const EVENTS = `
  insert into taskapp.events (id, workspace_id, seq, type, entity_type, entity_id, actor_kind, changes)
  select (lpad(to_hex(n), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid, workspace_id, n,
    case when n % 50000 = 0 then 'task.removed' when n % 3 = 0 then 'task.created' else 'task.updated' end,
    'task', id, 'anonymous', '{"title":{"from":"Draft","to":"Final"}}'
  from (select id, workspace_id, row_number() over (order by md5(id::text)) as n from taskapp.tasks) t;
  vacuum analyze taskapp.events`;

/** Fills a database with so many tasks: a few users have very many, many have few. */
export async function fillCrowd(url: string, many: number): Promise<void> {
  for (const { first, share, tasks } of GROUPS) {
    const each = Math.min(tasks, Math.ceil(tasks * Math.max(many / FULL, 0.01)));
    const users = Math.max(1, Math.round((many * share) / each));
    await addUsers(url, [first, first + users - 1], each);
  }
  await withClient(url, async (client) => {
    for (const statement of EVENTS.split(';\n')) await client.query(statement);
  });
}
