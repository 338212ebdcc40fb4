import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { send } from '../client/http.ts';
import { createProbe, describe, race, tallyOf } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import { underLoad } from '../under-load.ts';

const SLACK_MS = 1500;
const LOCK_MS = 2000 + SLACK_MS;
const ACQUIRE_MS = 2100;

const lockedTable: Scenario = {
  id: 'F-24',
  title: 'the table of tasks locked by somebody else',
  run: async (world) => {
    const { cluster, row, expect, note } = world;
    const { session } = await createProbe(world);
    await underLoad(
      world,
      async (tally) => {
        const holder = new pg.Client({ connectionString: cluster.postgres.url() });
        await holder.connect();
        await holder.query('begin; lock table taskapp.tasks');
        row.injections += 1;
        const from = performance.now();
        const others: number[] = [];
        for (const until = from + world.pick(3000, 20_000); performance.now() < until; await sleep(200)) {
          const { status } = await send({
            port: cluster.nodes[0].port,
            method: 'GET',
            path: '/api/users/me',
            token: session.accessToken,
          });
          others.push(status);
        }
        const slowest = Math.max(0, ...tally.timings.flatMap(({ at, ms }) => (at >= from ? [ms] : [])));
        await holder.query('rollback');
        await holder.end();
        note(`slowest answer ${Math.round(slowest)} ms`);
        expect(slowest <= LOCK_MS, `a request waited ${Math.round(slowest)} ms for the lock`);
        expect(
          others.every((status) => status === 200),
          `reads of another table: ${describe(tallyOf(others))}`,
        );
      },
      { workers: 8 },
    );
  },
};

const CLIENTS = 200;

const smallPool: Scenario = {
  id: 'F-26',
  title: `${CLIENTS} clients on a pool of 2`,
  isLongOnly: true,
  run: async (world) => {
    const { cluster, row, expect, note } = world;
    const [node] = cluster.nodes;
    const { session } = await createProbe(world);
    await node.end('SIGTERM');
    await node.start({ DATABASE_POOL_MAX: '2' });
    row.injections += 1;
    const slow: number[] = [];
    const statuses: number[] = [];
    for (let rounds = world.pick(2, 10); rounds > 0; rounds -= 1) {
      const answers = await race(world, CLIENTS, async (_port, index) => {
        const started = performance.now();
        const body = { title: `crowd ${index}` };
        const answer = await send({
          port: node.port,
          method: 'POST',
          path: '/api/tasks',
          body,
          token: session.accessToken,
        });
        if (answer.status === 503) slow.push(performance.now() - started);
        return answer;
      });
      statuses.push(...answers.map(({ status }) => status));
    }
    await node.end('SIGTERM');
    await node.start({ DATABASE_POOL_MAX: '10' });
    const counts = tallyOf(statuses);
    const slowest = Math.round(Math.max(0, ...slow));
    note(`${describe(counts)}; slowest refusal ${slowest} ms`);
    expect(
      Object.keys(counts).every((status) => ['201', '503'].includes(status)),
      `answers: ${describe(counts)}`,
    );
    expect((counts[201] ?? 0) >= 20, 'hardly anything got through');
    // A request needs the pool twice, for who calls and for what they want.
    expect(slowest <= 2 * ACQUIRE_MS + SLACK_MS, `a refusal took ${slowest} ms`);
  },
};

const noConnections: Scenario = {
  id: 'F-27',
  title: 'all connections of PostgreSQL taken by somebody else',
  run: async (world) => {
    const { cluster, row, expect } = world;
    const probe = await createProbe(world);
    const hogs: pg.Client[] = [];
    await underLoad(world, async () => {
      await cluster.postgres.admin("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
      for (let isFull = false; !isFull; ) {
        const hog = new pg.Client({ connectionString: cluster.postgres.url() });
        hog.on('error', () => undefined);
        isFull = await hog.connect().then(
          () => false,
          () => true,
        );
        if (!isFull) hogs.push(hog);
      }
      await cluster.postgres.admin(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app' and application_name = 'taskapp'",
      );
      row.injections += 1;
      await sleep(world.pick(1000, 5000));
      await Promise.all(hogs.map((hog) => hog.end()));
      await probe.recover(2000 + SLACK_MS);
    });
    expect(hogs.length > 0, 'no connection could be taken');
  },
};

export const capacity: readonly Scenario[] = [lockedTable, smallPool, noConnections];
