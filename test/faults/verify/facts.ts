import type { Postgres } from '../cluster/postgres.ts';

export interface TaskRow {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly priority: string;
  readonly version: number;
}

export interface EventRow {
  readonly seq: string;
  readonly type: string;
  readonly entity_id: string;
  readonly changes: Readonly<Record<string, { from?: unknown; to?: unknown }>>;
}

export interface KeyRow {
  readonly key: string;
  readonly json: string | null;
}

/** What the database holds of some users, and what must be zero in all of it. */
export interface Facts {
  readonly tasks: readonly TaskRow[];
  /** Oldest first. */
  readonly events: readonly EventRow[];
  readonly keys: readonly KeyRow[];
  /** Broken rules of the whole database, a line each. */
  readonly broken: readonly string[];
}

/** Rules that hold for every row whoever made it: each query counts what breaks one. */
const RULES: Readonly<Record<string, string>> = {
  'V8 links to tags of another workspace': `select count(*) as n from taskapp.task_tags l
    join taskapp.tasks t on t.id = l.task_id join taskapp.tags g on g.id = l.tag_id where t.workspace_id <> g.workspace_id`,
  'workspaces whose task_count is wrong': `select count(*) as n from taskapp.workspaces w
    where task_count <> (select count(*) from taskapp.tasks t where t.workspace_id = w.id)`,
  'workspaces whose version is not that of their last event': `select count(*) as n from taskapp.workspaces w
    where version <> 1 + (select count(*) from taskapp.events e where e.workspace_id = w.id)
      or version <> coalesce((select max(seq) from taskapp.events e where e.workspace_id = w.id), 1)`,
  'V10 sessions revoked as stolen': `select count(*) as n from taskapp.sessions
    where revoke_reason = 'refresh_reuse' and user_id = any($1)`,
  'V10 users with other than one live session': `select count(*) as n from (
    select user_id from taskapp.sessions where revoked_at is null and user_id = any($1) group by 1 having count(*) > 1) s`,
};

/** Reads everything that the verifier judges. */
export async function readFacts({ admin }: Postgres, users: readonly string[]): Promise<Facts> {
  const mine = `workspace_id in (select id from taskapp.workspaces where owner_id = any($1))`;
  const tasks = await admin<TaskRow>(
    `select id, title, description, priority, version from taskapp.tasks where ${mine}`,
    [users],
  );
  const events = await admin<EventRow>(
    `select seq, type, entity_id, changes from taskapp.events where ${mine} order by workspace_id, seq`,
    [users],
  );
  const keys = await admin<KeyRow>('select key, json from taskapp.idempotency_keys where caller = any($1::text[])', [
    users,
  ]);
  const broken: string[] = [];
  for (const [rule, sql] of Object.entries(RULES)) {
    const [row] = await admin<{ n: string }>(sql, sql.includes('$1') ? [users] : []);
    if (Number(row?.n) > 0) broken.push(`${row?.n} ${rule}`);
  }
  return { tasks, events, keys, broken };
}
