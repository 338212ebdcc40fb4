import type { Knex } from 'knex';
import type { Deps } from '../deps.ts';
import { createHookedChanges } from '../hooks/resource-hooks.ts';
import { findMissingTags } from '../tags/tag-import.queries.ts';
import type { Step, Work, Write } from './task-import.ts';
import { replaceFields } from './task-import-plan.ts';
import type { Context } from './task-recording.queries.ts';
import { tasksContract } from './tasks.contract.ts';
import { getTask, lockTask } from './tasks.queries.ts';

type CarryOut = (db: Knex.Transaction, ctx: Context, work: Work) => Promise<readonly Step[]>;

/**
 * Carries an import out task by task, with the hooks of the host around each change of a task and around each tag that has to be
 * made. A hook sees the fields of a task but its tags, and may replace them; what one throws undoes the whole call.
 */
export function createHookedImport(deps: Deps, carryOut: CarryOut): CarryOut {
  const hooks = createHookedChanges(deps, 'task', tasksContract);
  const write = async (db: Knex.Transaction, ctx: Context, { scope, step }: Pick<Work, 'scope'> & { step: Write }) => {
    const { id, here } = step;
    let written: Step = step;
    const work = async ({ db, ctx, input }: { db: unknown; ctx: Context; input: object }) => {
      const trx = db as Knex.Transaction;
      const [done] = await carryOut(trx, ctx, { scope, steps: [replaceFields(step, here, fieldsOf(input as Fields))] });
      written = done ?? step;
      return getTask(trx, ctx.actor, id);
    };
    if (here === undefined) {
      await hooks.create({ db, ctx, input: { ...fieldsOf(step.wanted), workspaceId: scope.id } }, work);
      return written;
    }
    const find = async (db: Knex.Transaction) => {
      await lockTask(db, ctx.actor, id);
      return getTask(db, ctx.actor, id);
    };
    const changed = Object.entries(fieldsOf(step.wanted)).filter(([name]) => name in (step.changes ?? {}));
    await hooks.update({ db, ctx, input: { id, ...Object.fromEntries(changed) } }, { find, change: work });
    return written;
  };
  return async (db, { ifMatch: _ofOneTask, ...ctx }, { scope, steps }) => {
    await makeTags(deps, db, { ctx, scope, steps });
    const done: Step[] = [];
    for (const step of steps) done.push(isWrite(step) ? await write(db, ctx, { scope, step }) : step);
    return done;
  };
}

const isWrite = (step: Step): step is Write => step.wanted !== undefined;

type Fields = Partial<Pick<Write['wanted'], 'title' | 'description' | 'status' | 'priority' | 'dueDate'>>;

/** What operations on one task know of it, as far as it is given. */
function fieldsOf({ title, description, status, priority, dueDate }: Fields) {
  const fields = { title, description, status, priority, dueDate };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Fields;
}

/** Makes the tags that are missing as the operation does, hooks included. */
async function makeTags(
  deps: Deps,
  db: Knex.Transaction,
  { ctx, scope, steps }: Work & { ctx: Context },
): Promise<void> {
  const wanted = steps.flatMap((step) => step.wanted?.tags ?? []);
  const app = deps.hooks.appOn(db, deps.hooks.depth);
  for (const { name, color } of await findMissingTags(db, scope.id, wanted)) {
    await app.tags.create(ctx, { name, ...(color && { color }), workspaceId: scope.id });
  }
}
