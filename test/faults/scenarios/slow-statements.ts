import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { enter } from '../client/enter.ts';
import { send } from '../client/http.ts';
import { until } from '../cluster/processes.ts';
import { createProbe, describe, tallyOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';
import { underLoad } from '../under-load.ts';

const SLACK_MS = 1500;
const LOCK_MS = 2000 + SLACK_MS;

const lockedTable: Scenario = {
  id: 'F-24',
  title: 'the table of tasks locked by somebody else',
  run: async (world) => {
    const { cluster, row, expect, note } = world;
    const { session } = await createProbe(world);
    let from = 0;
    const others: number[] = [];
    const tally = await underLoad(
      world,
      async () => {
        const holder = new pg.Client({ connectionString: cluster.postgres.url() });
        await holder.connect();
        await holder.query('begin; lock table taskapp.tasks');
        row.injections += 1;
        from = performance.now();
        for (const until = from + world.pick(4500, 20_000); performance.now() < until; await sleep(200)) {
          const { status } = await send({
            port: cluster.nodes[0].port,
            method: 'GET',
            path: '/api/users/me',
            token: session.accessToken,
          });
          others.push(status);
        }
        await holder.query('rollback');
        await holder.end();
      },
      { workers: 8 },
    );
    // Only now those have their answers that waited longest.
    const slowest = Math.max(0, ...tally.timings.flatMap(({ at, ms }) => (at >= from ? [ms] : [])));
    note(`slowest answer ${Math.round(slowest)} ms`);
    expect(tally.failed.size > 0, 'nobody was refused, so that nothing is known of waiting');
    expect(slowest <= LOCK_MS, `a request waited ${Math.round(slowest)} ms for the lock`);
    expect(
      others.every((status) => status === 200),
      `reads of another table: ${describe(tallyOf(others))}`,
    );
  },
};

/** statement_timeout with the slack of the catalogue. */
const STATEMENT_MS = 5500;
const GONE_MS = 1000;

/** Makes every insert of a task, and every read of a tag, take half a minute; returns what takes that back. */
async function slowDown({ cluster: { postgres } }: World): Promise<() => Promise<unknown>> {
  await postgres.admin(`
    create function public.dawdle() returns trigger language plpgsql as 'begin perform pg_sleep(30); return new; end';
    create trigger dawdle before insert on taskapp.tasks for each row execute function public.dawdle();
    create policy dawdle on taskapp.tags using (pg_sleep(30) is not null);
    alter table taskapp.tags enable row level security, force row level security`);
  return () =>
    postgres.admin(`
      drop function public.dawdle cascade;
      alter table taskapp.tags disable row level security, no force row level security;
      drop policy dawdle on taskapp.tags`);
}

const slowStatement: Scenario = {
  id: 'F-25',
  title: 'statements that take half a minute',
  isLongOnly: true,
  run: async (world) => {
    const { cluster, row, expect, note } = world;
    const { ask, here } = await enter(world);
    await here('POST', '/tags', { name: 'slow' });
    const restore = await slowDown(world);
    const times: number[] = [];
    try {
      const calls = [['POST', '/tasks', { title: 'slow' }] as const, ['GET', '/tags', undefined] as const];
      for (let rounds = world.pick(1, 4); rounds > 0; rounds -= 1) {
        const work = cluster.nodes.flatMap(({ port }) =>
          calls.map(async ([method, path, body]) => {
            const started = performance.now();
            const answer = await ask(port, method, path, body);
            times.push(performance.now() - started);
            const told = `${answer.status} ${answer.body?.code}`;
            expect(told === '503 database.timeout', `${method} ${path} was answered ${told}`);
          }),
        );
        await Promise.all(work);
        row.injections += calls.length;
        const gone = async () => (await countSleepers(world)) === 0;
        await until('its backend works on', gone, GONE_MS).catch((error: Error) => expect(false, error.message));
      }
    } finally {
      await restore();
    }
    note(`slowest answer ${Math.round(Math.max(...times))} ms`);
    expect(Math.max(...times) <= STATEMENT_MS, `a request took ${Math.round(Math.max(...times))} ms`);
    const after = await here('POST', '/tasks', { title: 'quick' });
    expect(after.status === 201, `afterwards a task is answered ${after.status}`);
  },
};

async function countSleepers({ cluster }: World): Promise<number> {
  const [row] = await cluster.postgres.admin<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where usename = 'app' and state = 'active'",
  );
  return row?.n ?? 0;
}

export const slowStatements: readonly Scenario[] = [lockedTable, slowStatement];
