import { createHash } from 'node:crypto';
import pg from 'pg';

/** How much there is. */
export interface Size {
  readonly users: number;
  readonly tasksPerUser: number;
}

/** A uuid that follows from what it names: both schemas, and the load, know every row without asking. */
export const idOf = (
  kind: 'user' | 'session' | 'workspace' | 'task' | 'tag',
  ...numbers: readonly number[]
): string => {
  const hex = createHash('md5')
    .update(`${kind} ${numbers.join(' ')}`)
    .digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-8$3-8$4-$5');
};
const sqlId = (kind: string, ...numbers: readonly string[]) =>
  `overlay(overlay(md5('${kind} ' || ${numbers.join(` || ' ' || `)}) placing '8' from 13) placing '8' from 17)::uuid`;

export const TAGS_PER_USER = 5;

const taskColumns = (user: string, n: string) => `
  ${sqlId('task', user, n)} as id,
  'Task ' || ${n} || ' of user ' || ${user} as title,
  repeat('Something to be done. ', 4) as description,
  (array['TODO', 'IN_PROGRESS', 'DONE', 'CANCELLED'])[1 + ${n} % 4] as status,
  (array['LOW', 'MEDIUM', 'HIGH', 'URGENT'])[1 + ${n} % 4] as priority,
  case when ${n} % 3 = 0 then timestamptz '2027-01-01' + ${n} * interval '1 hour' end as due,
  case when ${n} % 4 = 2 then timestamptz '2026-01-02' end as completed,
  timestamptz '2026-01-01' + (${n} * 7919 + ${user}) % 10000000 * interval '1 second' as created`;

/** Tables as somebody writes them by hand for the same API, without sessions, workspaces, versions and events. */
const PLAIN = `
  create schema plain;
  create table plain.users (id uuid primary key, email text not null unique, name text not null, role text not null,
    password_hash text not null, created_at timestamptz not null default now());
  create table plain.tasks (id uuid primary key, user_id uuid not null references plain.users on delete cascade,
    title text not null, description text, status text not null, priority text not null, due_date timestamptz,
    completed_at timestamptz, created_at timestamptz not null default now(), updated_at timestamptz not null default now());
  create table plain.tags (id uuid primary key, user_id uuid not null references plain.users on delete cascade,
    name text not null, color text not null);
  create table plain.task_tags (task_id uuid references plain.tasks on delete cascade,
    tag_id uuid references plain.tags on delete cascade, primary key (task_id, tag_id));
  create index on plain.tasks (user_id, created_at desc);
  create index on plain.task_tags (tag_id);`;

const fill = (first: number, last: number, tasks: number) => {
  const users = `generate_series(${first}, ${last}) u`;
  const rows = `${users}, generate_series(1, ${tasks}) n`;
  const tags = `${users}, generate_series(1, ${TAGS_PER_USER}) t`;
  const links = `${rows} where n % 2 = 0`;
  const tagOfTask = sqlId('tag', 'u', `(1 + n % ${TAGS_PER_USER})`);
  return `
  insert into taskapp.users (id, email, email_key, name, password_hash)
    select ${sqlId('user', 'u')}, 'u' || u || '@example.com', 'u' || u || '@example.com', 'User ' || u, 'none' from ${users};
  insert into taskapp.sessions (id, user_id, idle_expires_at, absolute_expires_at)
    select ${sqlId('session', 'u')}, ${sqlId('user', 'u')}, now() + interval '7 days', now() + interval '30 days' from ${users};
  insert into taskapp.workspaces (id, owner_id, name, personal, task_count)
    select ${sqlId('workspace', 'u')}, ${sqlId('user', 'u')}, 'Personal', true, ${tasks} from ${users};
  insert into taskapp.members (workspace_id, user_id, role)
    select ${sqlId('workspace', 'u')}, ${sqlId('user', 'u')}, 'OWNER' from ${users};
  insert into taskapp.tags (id, workspace_id, name, color)
    select ${sqlId('tag', 'u', 't')}, ${sqlId('workspace', 'u')}, 'tag ' || t, '#2563eb' from ${tags};
  insert into taskapp.tasks (id, title, description, status, priority, due_date, completed_at, created_at, workspace_id, creator_id)
    select id, title, description, status::taskapp.task_status, priority::taskapp.task_priority, due,
      completed, created, ${sqlId('workspace', 'u')}, ${sqlId('user', 'u')}
    from ${users}, generate_series(1, ${tasks}) n, lateral (select ${taskColumns('u', 'n')}) x;
  insert into taskapp.task_tags select ${sqlId('task', 'u', 'n')}, ${tagOfTask} from ${links};
  insert into plain.users select id, email, name, 'USER', 'none', created_at from taskapp.users
    where id in (select ${sqlId('user', 'u')} from ${users});
  insert into plain.tags select ${sqlId('tag', 'u', 't')}, ${sqlId('user', 'u')}, 'tag ' || t, '#2563eb' from ${tags};
  insert into plain.tasks (id, title, description, status, priority, due_date, completed_at, created_at, user_id)
    select id, title, description, status, priority, due, completed, created, ${sqlId('user', 'u')}
    from ${users}, generate_series(1, ${tasks}) n, lateral (select ${taskColumns('u', 'n')}) x;
  insert into plain.task_tags select ${sqlId('task', 'u', 'n')}, ${tagOfTask} from ${links};`;
};

/** Fills both schemas with the same accounts, tasks and tags, and lets PostgreSQL look at them. */
export async function fillDatabase(url: string, { users, tasksPerUser }: Size): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(PLAIN);
    await client.query(fill(1, users, tasksPerUser));
    await client.query('vacuum analyze');
  });
}

/** Adds accounts `first` to `last` with so many tasks each. */
export const addUsers = (url: string, [first, last]: readonly [number, number], tasks: number): Promise<void> =>
  withClient(url, async (client) => {
    await client.query(fill(first, last, tasks));
    await client.query('vacuum analyze');
  });

/** Makes every cached list one of an earlier version. */
export const outdateLists = (url: string): Promise<void> =>
  withClient(url, async (client) => void (await client.query('update taskapp.workspaces set version = version + 1')));

/** Runs `work` on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  return work(client).finally(() => client.end());
}
