import { answerProblems } from './client/http.ts';
import type { ApiNode } from './cluster/node.ts';
import { until } from './cluster/processes.ts';
import type { World } from './scenario.ts';

const SETTLE_MS = 15_000;
const POOL_MAX = 10;
/** Health checks wait for nothing, so they may hold a connection each for a moment. */
const ALLOWED_PER_NODE = POOL_MAX;

/** What has to hold after every scenario, whatever it broke: brings everything back first. */
export async function checkAlways(world: World): Promise<void> {
  const { cluster, row } = world;
  cluster.network.postgres.heal();
  cluster.network.redis.heal();
  await checkConnections(world);
  for (const node of cluster.nodes) {
    const hasEnded = node.unexpectedExits.length > 0;
    checkNode(world, node);
    // The next scenario is about something else.
    if (hasEnded) await node.start();
  }
  for (const [problem, count] of answerProblems) row.failures.push(`${count} × ${problem}`);
  answerProblems.clear();
}

/** No process ended by itself, and the log is as it should be; what is found is found once. */
export function checkNode({ row }: World, node: ApiNode): void {
  row.unexpectedExits += node.unexpectedExits.length;
  row.failures.push(...take(node.unexpectedExits), ...take(node.log.problems));
  const bugs = take(node.log.errors).filter((line) => !isRefusal(line));
  row.failures.push(...bugs.map((line) => `logged as an error: ${line}`));
}

/** Empties a list that somebody else keeps adding to. */
const take = (list: readonly string[]): string[] => (list as string[]).splice(0);

/** The access log's line of a request that was answered 503: what a fault is meant to cause. */
function isRefusal(line: string): boolean {
  return /"message":"request"/.test(line) && /"status":503/.test(line);
}

/** No transaction is left open, and no more connections than the pools may have. */
async function checkConnections({ cluster, expect }: World): Promise<void> {
  const count = async () => {
    const [row] = await cluster.postgres.admin<{ idle: number; all: number }>(
      `select count(*) filter (where state like 'idle in transaction%')::int as idle, count(*)::int as all
       from pg_stat_activity where usename = 'app' and datname = 'app'`,
    );
    return row ?? { idle: 0, all: 0 };
  };
  const isQuiet = async () => (await count()).idle === 0;
  await until('no transaction is left open', isQuiet, SETTLE_MS).catch((error: Error) => expect(false, error.message));
  const { all } = await count();
  const allowed = ALLOWED_PER_NODE * cluster.nodes.length;
  expect(all <= allowed, `${all} connections to PostgreSQL, more than the ${allowed} of the pools`);
}
