import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import pg from 'pg';
import { atEnd } from '../support/cleanup.ts';
import { explain, nodesOf, statementsOf } from '../support/plans.ts';
import { createWorld, PASSWORD, SYSTEM, type TestUser, type World } from '../support/world.ts';

const LARGE = new Set(['tasks', 'task_tags', 'events', 'sessions', 'users']);
const SORTS = ['-createdAt', 'createdAt', '-dueDate', 'dueDate', '-priority', 'priority'] as const;

let world: World;
let client: pg.Client;
/** Owns 20,000 of the 100,000 tasks; the others belong to 2,000 users. */
let big: TestUser & { workspaceId: string; tagId: string; taskId: string };

const FILL = `
  set synchronous_commit = off;
  set session_replication_role = replica;
  insert into taskapp.users (id, email, email_key, name, password_hash)
    select gen_random_uuid(), 'user' || n, 'user' || n, 'U', '' from generate_series(1, 2000) n;
  insert into taskapp.workspaces (id, owner_id, name, personal)
    select gen_random_uuid(), u.id, 'Personal', true from taskapp.users u
    where not exists (select 1 from taskapp.workspaces w where w.owner_id = u.id);
  insert into taskapp.members (workspace_id, user_id, role)
    select w.id, w.owner_id, 'OWNER' from taskapp.workspaces w on conflict do nothing;
  insert into taskapp.sessions (id, user_id, idle_expires_at, absolute_expires_at)
    select gen_random_uuid(), u.id, now() + interval '1 day', now() + interval '1 day'
    from taskapp.users u, generate_series(1, 5);
  insert into taskapp.tasks (id, workspace_id, creator_id, title, description, status, priority, due_date, completed_at, created_at)
    select gen_random_uuid(), w.id, w.owner_id, 'task ' || n, repeat('words ', 50), s, (array['LOW','MEDIUM','HIGH','URGENT']::taskapp.task_priority[])[1 + n % 4],
      case when n % 3 > 0 then now() + n * interval '1 minute' end, case when s = 'DONE' then now() end, now() - n * case when w.id = '$big' then 1 else 500 end * interval '1 minute'
    from taskapp.workspaces w
    cross join lateral generate_series(1, case when w.id = '$big' then 20000 else 40 end) n
    cross join lateral (select (array['TODO','IN_PROGRESS','DONE','CANCELLED']::taskapp.task_status[])[1 + n % 7 % 4] s) x;
  insert into taskapp.tags (id, workspace_id, name, color)
    select gen_random_uuid(), w.id, 'tag ' || n, '#000000'
    from taskapp.workspaces w cross join lateral generate_series(1, case when w.id = '$big' then 100 else 5 end) n;
  insert into taskapp.task_tags (task_id, tag_id)
    select t.id, g.id from taskapp.tasks t join taskapp.tags g on g.workspace_id = t.workspace_id
    where abs(hashtext(t.id::text)) % case when t.workspace_id = '$big' then 100 else 5 end + 1 = substr(g.name, 5)::int;
  insert into taskapp.events (id, workspace_id, seq, type, entity_type, entity_id, actor_kind)
    select gen_random_uuid(), workspace_id, 1000 + row_number() over (), 'task.created', 'task', id, 'anonymous'
    from taskapp.tasks where id < '80000000-0000-0000-0000-000000000000';
  update taskapp.workspaces w set task_count = (select count(*) from taskapp.tasks t where t.workspace_id = w.id);
  set session_replication_role = origin;
  -- What is not flushed yet, vacuum does not take for visible to all.
  set synchronous_commit = on;
  analyze;`;

before(async () => {
  world = await createWorld({ cache: false, redis: null });
  client = new pg.Client({ connectionString: world.url });
  await client.connect();
  atEnd(() => client.end());
  const user = await world.user();
  const { id: workspaceId } = (await world.app.access.authenticate(world.app.access.verify(user.accessToken)))
    .workspace;
  await client.query(FILL.replaceAll('$big', workspaceId));
  await client.query('vacuum taskapp.tasks, taskapp.task_tags, taskapp.events');
  const { tasks } = await user.as.tasks.list({ limit: 1 });
  const tagId = (await user.as.tags.list()).tags[0]!.id;
  big = { ...user, workspaceId, tagId, taskId: tasks[0]!.id };
});

const sentBy = (work: () => Promise<unknown>) => statementsOf(world.db, work);
async function assertNoScan(name: string, work: () => Promise<unknown>): Promise<void> {
  const statements = await sentBy(work);
  assert.ok(statements.length > 0, name);
  for (const statement of statements) {
    for (const node of nodesOf((await explain(client, statement)).plan)) {
      const scans = node['Node Type'] === 'Seq Scan' && LARGE.has(node['Relation Name'] ?? '');
      assert.ok(!scans, `${name} reads all of ${node['Relation Name']}: ${statement.sql}`);
    }
  }
}

test('the tables are as large as the test says', async () => {
  const { rows } = await client.query('select count(*)::int as n from taskapp.tasks');
  assert.equal(rows[0].n, 100_000);
  assert.equal((await big.as.tasks.list()).pagination.total, 20_000);
});

test('no list of tasks reads a whole table, in any order, filter or way of paging', async () => {
  const now = new Date();
  const filters = [
    {},
    { status: 'DONE' },
    { priority: 'URGENT' },
    { tagId: big.tagId },
    { dueBefore: now },
    { dueAfter: now },
    { status: 'TODO', priority: 'LOW', dueAfter: now },
  ] as const;
  for (const sort of SORTS) {
    for (const filter of filters) {
      const input = { sort, ...filter };
      const name = JSON.stringify(input);
      const { nextCursor } = (await big.as.tasks.list({ ...input, page: 3 })).pagination;
      await assertNoScan(name, () => big.as.tasks.list(input));
      await assertNoScan(`${name} page`, () => big.as.tasks.list({ ...input, page: 3 }));
      if (nextCursor) await assertNoScan(`${name} cursor`, () => big.as.tasks.list({ ...input, cursor: nextCursor }));
    }
  }
});

/** The most blocks that one of the statements of `work` touches. */
async function blocksOf(work: () => Promise<unknown>): Promise<number> {
  const blocks: number[] = [];
  for (const statement of await sentBy(work)) {
    const { plan } = await explain(client, statement, 'analyze, buffers, format json');
    blocks.push(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']);
  }
  return Math.max(...blocks);
}

/** How many rows of a table itself, not of its indexes, the statements of `work` look at. */
async function rowsOf(table: string, work: () => Promise<unknown>): Promise<number> {
  let rows = 0;
  for (const statement of await sentBy(work)) {
    for (const node of nodesOf((await explain(client, statement, 'analyze, format json')).plan)) {
      if (node['Relation Name'] !== table || node['Node Type'] === 'Index Only Scan') continue;
      rows += (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
    }
  }
  return rows;
}

test('what a filter leaves out and an offset skips costs no look at the table: an index has all of it', async () => {
  const day = 24 * 3600 * 1000;
  const [from, to] = [new Date(Date.now() + day), new Date(Date.now() + 2 * day)];
  const filters = [
    { status: 'DONE' },
    { priority: 'URGENT' },
    { dueBefore: to },
    { dueAfter: from },
    { dueAfter: from, dueBefore: to },
    { status: 'TODO', priority: 'LOW', dueAfter: from },
    { page: 30 },
    { page: 900 },
  ] as const;
  for (const sort of SORTS) {
    assert.ok((await blocksOf(() => big.as.tasks.list({ sort, page: 2 }))) < 250, sort);
    for (const filter of filters) {
      const rows = await rowsOf('tasks', () => big.as.tasks.list({ sort, ...filter }));
      assert.ok(rows < 100, `${sort} ${JSON.stringify(filter)} looks at ${rows} rows`);
    }
  }
});

test('a page costs the same however deep its cursor is: no more rows are touched than it shows', async () => {
  for (const input of [...SORTS.map((sort) => ({ sort })), { sort: SORTS[0], status: 'DONE' as const }]) {
    const { pagination } = await big.as.tasks.list({ ...input, page: 30, limit: 100 });
    const cursor = pagination.nextCursor!;
    const statements = await sentBy(() => big.as.tasks.list({ ...input, cursor, limit: 20, count: false }));
    const { plan } = await explain(client, statements.at(-1)!, 'analyze, format json');
    for (const node of nodesOf(plan)) {
      if (node['Relation Name'] !== 'tasks' && !node['Index Name']?.startsWith('tasks_')) continue;
      const touched = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
      assert.ok(touched <= 50, `${JSON.stringify(input)} touches ${touched} rows in ${node['Node Type']}`);
    }
  }
});

test('a statement that is prepared keeps a plan that reads no whole table', async () => {
  const literal = (value: unknown) =>
    typeof value === 'number'
      ? String(value)
      : pg.escapeLiteral(value instanceof Date ? value.toISOString() : String(value));
  let number = 0;
  for (const sort of SORTS) {
    const { nextCursor } = (await big.as.tasks.list({ sort, page: 3 })).pagination;
    for (const input of [
      {},
      { page: 7 },
      { page: 900 },
      { cursor: nextCursor! },
      { status: 'DONE' as const },
      { tagId: big.tagId },
    ]) {
      const { sql, bindings } = (await sentBy(() => big.as.tasks.list({ sort, ...input }))).at(-1)!;
      const name = `prepared_${++number}`;
      for (let run = 0; run < 6; run += 1) await client.query({ name, text: sql, values: bindings });
      const { plan } = await explain(client, {
        sql: `execute ${name} (${bindings.map(literal).join(', ')})`,
        bindings: [],
      });
      const scanned = nodesOf(plan).filter(
        (node) => node['Node Type'] === 'Seq Scan' && LARGE.has(node['Relation Name'] ?? ''),
      );
      assert.deepEqual(scanned, [], `${sort} ${JSON.stringify(input)}: ${sql}`);
    }
  }
});

test('no read or change of one thing reads a whole table', async () => {
  const { app } = world;
  const { as, taskId, tagId, accessToken, email, id } = big;
  const other = await world.user();
  const calls: Record<string, () => Promise<unknown>> = {
    authenticate: () => app.access.authenticate(app.access.verify(accessToken)),
    'tasks.get': () => as.tasks.get({ id: taskId }),
    'tasks.update': () => as.tasks.update({ id: taskId, title: `at ${Date.now()}`, tagIds: [tagId] }),
    'tasks.create': () => as.tasks.create({ title: 'new', tagIds: [tagId] }),
    'tags.list': () => as.tags.list(),
    'tags.get': () => as.tags.get({ id: tagId }),
    'users.get': () => app.users.get({ actor: SYSTEM }, { id }),
    'users.list by address': () => app.users.list({ actor: SYSTEM }, { email }),
    'auth.login': () => app.auth.login({}, { email: other.email, password: PASSWORD }),
    'auth.refresh': () => app.auth.refresh({}, { refreshToken: other.refreshToken }),
    'auth.sessions': () => as.auth.sessions(),
    'auth.logoutAll': () => other.as.auth.logoutAll(),
    'tasks.remove': () => as.tasks.remove({ id: taskId }),
    'tags.remove': () => as.tags.remove({ id: tagId }),
    'users.remove': () => app.users.remove({ actor: SYSTEM }, { id: other.id }),
  };
  for (const [name, call] of Object.entries(calls)) await assertNoScan(name, call);
});

test('the log and the lists of the system read no whole table', async () => {
  const { app } = world;
  const log = (input = {}) => app.events.list({ actor: SYSTEM }, input);
  const { nextCursor } = (await log()).pagination;
  const { workspaceId, taskId: entityId } = big;
  for (const input of [
    {},
    { cursor: nextCursor! },
    { workspaceId },
    { entityId },
    { type: 'task.created' },
    { type: 'a.b' },
  ]) {
    await assertNoScan(`events ${JSON.stringify(input)}`, () => log(input));
    const blocks = await blocksOf(() => log(input));
    assert.ok(blocks < 120, `events ${JSON.stringify(input)} touch ${blocks} blocks`);
  }
  const list = (input: object) => () => app.tasks.list({ actor: SYSTEM }, input);
  for (const sort of SORTS) {
    await assertNoScan(`all tasks ${sort}`, list({ sort }));
    await assertNoScan(`all tasks ${sort}, page 3`, list({ sort, page: 3 }));
    for (const filter of [{ status: 'DONE' }, { priority: 'LOW' }, { dueAfter: new Date() }, { tagId: big.tagId }]) {
      await assertNoScan(`all tasks ${sort} ${JSON.stringify(filter)}`, list({ sort, ...filter, count: false }));
    }
    assert.ok((await blocksOf(list({ sort, count: false }))) < 250, sort);
  }
  assert.equal((await app.tasks.list({ actor: SYSTEM })).pagination.total, 100_000);
});
