import { changeCtes } from '../events/events.queries.ts';
import type { Db } from '../kernel/database.ts';
import { commitAlone } from '../kernel/transaction.ts';
import {
  asParameter,
  assertFound,
  type Context,
  describeChange,
  type Found,
  forActors,
  isKnown,
  lockedIf,
} from './task-recording.queries.ts';
import { iso } from './task-view.ts';

const remove = forActors(
  (may) => `
  with ${lockedIf(may)},
  found as materialized (select b.id, b.may, ${isKnown(asParameter)} from before b),
  subject as (
    delete from taskapp.tasks t using found f where t.id = f.id and f.may and f."isKnown" returning t.*
  ),
  ${changeCtes(`(
    select jsonb_object_agg(f.name, jsonb_build_object('from', f.old)) from subject s, lateral (values
      ('title', to_jsonb(s.title)), ('status', to_jsonb(s.status)), ('priority', to_jsonb(s.priority)),
      ('dueDate', to_jsonb(${iso('s.due_date')}))
    ) f (name, old))`)}
  select f.may, f."isKnown", e.* from found f left join event e on true`,
);

/**
 * Deletes a task and records what it was, in one statement: the last of its transaction.
 * @throws task.not_found, task.forbidden, input.version_conflict
 */
export async function removeTask(db: Db, ctx: Context, id: string): Promise<void> {
  const change = { type: 'task.removed', entityId: id, tasks: -1 } as const;
  const fields = { versions: ctx.ifMatch };
  const { alone, witness } = describeChange(ctx, { change, bind: remove[ctx.actor.kind], fields });
  const rows = await commitAlone<Found>(db, { ...alone(), witness });
  if (rows) assertFound(rows[0]);
}
