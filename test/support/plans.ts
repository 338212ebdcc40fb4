import type { Knex } from 'knex';
import type pg from 'pg';

/** What was sent to PostgreSQL. */
export interface Statement {
  readonly sql: string;
  readonly bindings: unknown[];
}

/** A node of a plan as `explain (format json)` shows it; what was counted is there with `analyze`. */
export interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

export interface Explained {
  readonly plan: Plan;
  /** Milliseconds; undefined without `analyze`. */
  readonly executionMs: number | undefined;
}

/** The statements about rows that `work` sends through `db`. */
export async function statementsOf(db: Knex, work: () => Promise<unknown>): Promise<Statement[]> {
  const sent: Statement[] = [];
  const note = ({ sql, bindings = [] }: Statement) => void sent.push({ sql, bindings });
  db.on('query', note);
  await work().finally(() => db.off('query', note));
  return sent.filter(({ sql }) => /^\s*(select|update|delete|with)/i.test(sql));
}

export async function explain(
  client: pg.Client,
  { sql, bindings }: Statement,
  options = 'format json',
): Promise<Explained> {
  const { rows } = await client.query(`explain (${options}) ${sql}`, bindings);
  const [{ Plan: plan, 'Execution Time': executionMs }] = rows[0]['QUERY PLAN'];
  return { plan, executionMs };
}

/** A node and all below it. */
export const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
