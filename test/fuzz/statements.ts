import { CANARY } from './log-capture.ts';
import type { Report } from './report.ts';
import type { World } from './world.ts';

/** Values travel as parameters: the latest statement of every connection of the app has nothing of what was sent. */
export async function checkStatements({ query }: World, report: Report): Promise<void> {
  const found = await query<{ statement: string }>(
    `select query as statement from pg_stat_activity where application_name = 'taskapp' and query ilike $1`,
    [`%${CANARY}%`],
  );
  for (const { statement } of found) report.fail(`a value stands in a statement: ${statement.slice(0, 200)}`);
}
