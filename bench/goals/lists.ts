import { connect, createTaskApp } from '@taskapp/core';
import type pg from 'pg';
import { type Explained, explain, nodesOf, statementsOf } from '../../test/support/plans.ts';
import { spread } from '../measure.ts';
import { BIG, fillCrowd } from '../world/crowd.ts';
import { idOf, withClient } from '../world/data.ts';
import { startWorld } from '../world/world.ts';
import { compare, type Goal } from './goal.ts';
import { callsOf, type ListCall } from './list-calls.ts';

const REPEATS = 2;
/** Milliseconds of PostgreSQL; an exact total of the tasks of all workspaces takes a look at each of them. */
const LIMITS = { user: 100, system: 1000 };
const LARGE = new Set(['tasks', 'task_tags', 'events']);

/** What one call of a list costs PostgreSQL. */
interface Finding {
  readonly call: ListCall;
  readonly ms: number;
  readonly buffers: number;
  /** Tables that are read from end to end. */
  readonly scanned: readonly string[];
  /** Rows that the largest sort takes in. */
  readonly sorted: number;
  readonly indexes: readonly string[];
}

/** Every filter and order of every list, on very many tasks of which one user has a tenth. */
export async function listGoals(many: number): Promise<Goal[]> {
  const world = await startWorld({ users: 1, tasksPerUser: 100 });
  try {
    await fillCrowd(world.databaseUrl, many);
    const findings = await explainLists(world.databaseUrl);
    process.stdout.write(`${findings.map(describe).join('\n')}\n`);
    const slowest = (caller: ListCall['caller']) =>
      Math.max(...findings.filter(({ call }) => call.caller === caller).map(({ ms }) => ms));
    const title = `lists among ${many.toLocaleString('en')} tasks`;
    return [
      compare(`${title}: statements of a user that read a whole table`, findings.filter(isScan).length, { max: 0 }),
      compare(`${title}: slowest of a user with a tenth, ms of PostgreSQL`, slowest('user'), { max: LIMITS.user }),
      compare(`${title}: slowest of the system, ms of PostgreSQL`, slowest('system'), { max: LIMITS.system }),
    ];
  } finally {
    await world.stop();
  }
}

const isScan = ({ call, scanned }: Finding) => call.caller === 'user' && scanned.length > 0;

const describe = ({ call, ms, buffers, scanned, sorted, indexes }: Finding): string =>
  [
    ms.toFixed(2).padStart(9),
    String(buffers).padStart(7),
    String(sorted).padStart(7),
    scanned.length > 0 ? `SCANS ${scanned}` : 'ok',
    call.name,
    indexes.join(' '),
  ].join('  ');

/** Milliseconds, buffers, rows of the largest sort and indexes of every call. */
export async function explainLists(url: string): Promise<Finding[]> {
  const db = connect(url, { statementTimeoutMs: 0 });
  const secrets = { access: idOf('user', BIG).repeat(2), refresh: idOf('session', BIG).repeat(2) };
  const app = createTaskApp({ db, redis: null, cache: false, secrets });
  try {
    return await withClient(url, async (client) => {
      const findings: Finding[] = [];
      for (const call of await callsOf(app)) {
        const statements = await statementsOf(db, () => call.run(app));
        for (const statement of statements.filter(({ sql }) => isList(sql))) {
          const runs: Explained[] = [];
          for (let n = 0; n < REPEATS; n += 1) runs.push(await explainOne(client, statement));
          findings.push(findingOf(call, runs));
        }
      }
      return findings;
    });
  } finally {
    await app.close();
    await db.destroy();
  }
}

/** The statements that find who calls are the same for everybody. */
const isList = (sql: string) =>
  !/from "?taskapp"?."?(workspaces|members|sessions)"?/.test(sql) || sql.includes('string_agg');

const explainOne = (client: pg.Client, statement: Parameters<typeof explain>[1]) =>
  explain(client, statement, 'analyze, buffers, format json');

function findingOf(call: ListCall, runs: readonly Explained[]): Finding {
  const [{ plan }] = runs as [Explained];
  const nodes = nodesOf(plan);
  const sorts = nodes.filter((node) => node['Node Type'].endsWith('Sort')).flatMap(({ Plans = [] }) => Plans);
  const scans = nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name'] ?? '');
  return {
    call,
    ms: spread(runs.map(({ executionMs }) => executionMs ?? 0)).median,
    buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    scanned: scans.filter((table) => LARGE.has(table)),
    sorted: Math.max(0, ...sorts.map((node) => node['Actual Rows'])),
    indexes: [...new Set(nodes.flatMap((node) => node['Index Name'] ?? []))],
  };
}
