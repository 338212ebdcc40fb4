import type { Body } from './http.ts';
import { surprise, type Tally } from './tally.ts';
import type { Known } from './worker.ts';

/** Compares a whole list with what its only writer knows: everything acknowledged shows, in its last state. */
export function checkList({ tasks, pagination }: Body, known: Known, tally: Tally): void {
  // A worker keeps few tasks; more are on the page only after many answers got lost.
  if (pagination.nextCursor !== null) return;
  const listed = new Map<string, number>(tasks.map(({ id, version }: Body) => [id, version]));
  const problems = [
    ...[...known.live].flatMap(([id, { version }]) =>
      listed.get(id) === version ? [] : [`${id} is ${listed.get(id)}, not ${version}`],
    ),
    ...[...known.removed].flatMap((id) => (listed.has(id) ? [`${id} was removed and is listed`] : [])),
    ...tasks.flatMap(({ title }: Body) => (known.titles.has(title) ? [] : [`${title} is nobody's`])),
  ];
  if (pagination.total !== tasks.length) problems.push(`total ${pagination.total} for ${tasks.length} tasks`);
  if (problems.length === 0) return;
  tally.staleLists += 1;
  surprise(tally, `stale list: ${problems.slice(0, 3).join('; ')}`);
}
