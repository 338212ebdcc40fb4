import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Knex } from 'knex';
import pg from 'pg';
import { atEnd } from '../support/cleanup.ts';
import { explain, nodesOf, statementsOf } from '../support/plans.ts';
import { createWorld, type TestUser } from '../support/world.ts';

const SIZE = 3005;
const ORDERS = {
  createdAt: 'created_at desc, id desc',
  dueDate: `coalesce(due_date, 'infinity') desc, id desc`,
  priority: 'priority desc, created_at desc, id desc',
} as const;
const SORTS = Object.entries(ORDERS).flatMap(([name, order]) => [
  { sort: `-${name}` as '-createdAt', order },
  { sort: name as 'createdAt', order: order.replaceAll('desc', 'asc') },
]);

let db: Knex;
let user: TestUser;
let client: pg.Client;
before(async () => {
  const world = await createWorld({ cache: false, redis: null });
  ({ db } = world);
  user = await world.user();
  await db.raw(
    `insert into taskapp.tasks (id, workspace_id, creator_id, title, priority, due_date, created_at)
      select gen_random_uuid(), w.id, w.owner_id, 'task', (array['LOW','HIGH']::taskapp.task_priority[])[1 + n % 2],
        case when n % 3 > 0 then now() + n % 1000 * interval '1 day' end, now() - n % 500 * interval '1 hour'
      from taskapp.workspaces w, generate_series(1, :size::int) n where w.owner_id = :owner`,
    { size: SIZE, owner: user.id },
  );
  await db.raw('update taskapp.workspaces set task_count = ? where owner_id = ?', [SIZE, user.id]);
  await db.raw('vacuum analyze taskapp.tasks');
  client = new pg.Client({ connectionString: world.url });
  await client.connect();
  atEnd(() => client.end());
});

test('a page by number has what belongs there, from whichever end of the list it is looked for', async () => {
  for (const { sort, order } of SORTS) {
    const ids: string[] = await db('taskapp.tasks').orderByRaw(order).pluck('id');
    for (const page of [101, 149, 150, 151, 152, 299, 300, 301, 302, 5000]) {
      const { tasks } = await user.as.tasks.list({ sort, page, limit: page === 5000 ? 20 : 10 });
      const wanted = page === 5000 ? [] : ids.slice((page - 1) * 10, page * 10);
      assert.deepEqual(
        tasks.map(({ id }) => id),
        wanted,
        `${sort}, page ${page}`,
      );
    }
  }
});

test('a page near the end goes through no more tasks than one near the beginning', async () => {
  for (const { sort } of SORTS) {
    const statements = await statementsOf(db, () => user.as.tasks.list({ sort, page: 280, limit: 10 }));
    const { plan } = await explain(client, statements.at(-1)!, 'analyze, format json');
    const most = Math.max(...nodesOf(plan).map((node) => node['Actual Rows'] * node['Actual Loops']));
    assert.ok(most < SIZE / 10, `${sort} goes through ${most} rows`);
  }
});
