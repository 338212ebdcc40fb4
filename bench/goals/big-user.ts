import { connect } from '@taskapp/core';
import { findTaskPage, type PageQuery } from '../../packages/core/src/tasks/task-list.queries.ts';
import { medianLatency } from '../load/latency.ts';
import { spread } from '../measure.ts';
import { startTarget } from '../servers/target.ts';
import { addUsers, idOf, withClient } from '../world/data.ts';
import type { BenchWorld } from '../world/world.ts';
import { compare, type Goal } from './goal.ts';

const BIG = { number: 1_000_001, tasks: 100_000 };
const SMALL = { number: 1_000_002, tasks: 100 };
const DEEP_PAGE = 4000;
const DEEP_PAGE_MS = 15;
const WITHIN = 1.2;
const REPEATS = 100;

/** A user with very many tasks sees pages as fast as one with few. */
export async function bigUserGoals(world: BenchWorld): Promise<Goal[]> {
  for (const { number, tasks } of [BIG, SMALL]) await addUsers(world.databaseUrl, [number, number], tasks);
  const target = await startTarget('taskapp', world.environment);
  const page = (user: number, path: string) => uncached(world, { user, port: target.port, path });
  try {
    const small = await page(SMALL.number, '/api/tasks');
    const first = await page(BIG.number, '/api/tasks');
    const cursor = await deepCursor(target.port, world.tokenOf(BIG.number));
    const deep = await page(BIG.number, `/api/tasks?cursor=${encodeURIComponent(cursor)}`);
    return [
      compare('100,000 tasks: first page, of that with 100 tasks', first / small, { max: WITHIN }),
      compare('100,000 tasks: a page by cursor, of the first', deep / first, { max: WITHIN }),
      compare(`100,000 tasks: page ${DEEP_PAGE} by number, ms of PostgreSQL`, await deepPageMs(world.databaseUrl), {
        max: DEEP_PAGE_MS,
      }),
    ];
  } finally {
    await target.stop();
  }
}

interface Page {
  readonly user: number;
  readonly port: number;
  readonly path: string;
}

const uncached = (world: BenchWorld, { user, port, path }: Page): Promise<number> =>
  withClient(world.databaseUrl, (client) => {
    const token = world.tokenOf(user);
    const outdate = 'update taskapp.workspaces set version = version + 1 where id = $1';
    return medianLatency(REPEATS, async () => {
      await client.query(outdate, [idOf('workspace', user)]);
      return { port, token, path };
    });
  });

/** The cursor of a page far behind the first. */
async function deepCursor(port: number, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`http://127.0.0.1:${port}/api/tasks?page=900&limit=100`, { headers });
  const { pagination } = (await answer.json()) as { pagination: { nextCursor: string } };
  return pagination.nextCursor;
}

/** Execution time of the statement of a page as PostgreSQL measures it, in ms. */
async function deepPageMs(url: string): Promise<number> {
  const db = connect(url);
  const query: PageQuery = {
    workspaceId: idOf('workspace', BIG.number),
    filter: { status: undefined, priority: undefined, tagId: undefined, dueBefore: undefined, dueAfter: undefined },
    sort: '-createdAt',
    limit: 20,
    count: true,
    offset: (DEEP_PAGE - 1) * 20,
  };
  const sent: { sql: string; bindings: unknown[] }[] = [];
  db.on('query', (statement) => sent.push(statement));
  try {
    await findTaskPage(db, query);
    const [{ sql, bindings } = { sql: '', bindings: [] }] = sent;
    const runs: number[] = [];
    for (let n = 0; n < 20; n += 1) runs.push(await explain(url, sql, bindings));
    return spread(runs).median;
  } finally {
    await db.destroy();
  }
}

const explain = (url: string, sql: string, bindings: unknown[]): Promise<number> =>
  withClient(url, async (client) => {
    const { rows } = await client.query(`explain (analyze, format json) ${sql}`, bindings);
    return rows[0]['QUERY PLAN'][0]['Execution Time'];
  });
