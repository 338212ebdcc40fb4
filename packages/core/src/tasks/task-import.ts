import { v5, v7 } from 'uuid';
import type { Deps } from '../deps.ts';
import { all, diff } from '../events/events.queries.ts';
import { transaction } from '../kernel/transaction.ts';
import { provideTags } from '../tags/tag-import.queries.ts';
import { assertTagLimit } from '../tags/tags.queries.ts';
import { getWritableScope, type WorkspaceScope } from '../workspaces/workspaces.queries.ts';
import * as queries from './task-import.queries.ts';
import { createHookedImport } from './task-import-hooked.ts';
import { failed, type Here, hasOtherTags, type Plan, plan, type Wanted } from './task-import-plan.ts';
import type { Context } from './task-recording.queries.ts';
import type { ImportedTask, ImportInput, ImportResult } from './task-transfer.contract.ts';
import { replaceTags } from './tasks.queries.ts';

type Trx = Parameters<typeof queries.takeTurn>[0];

/** An imported task, what is here under its id, and what becomes of it. */
export interface Step extends Plan {
  readonly id: string;
  readonly here: Here | undefined;
}
export type Write = Step & { readonly wanted: Wanted };

/** Makes and changes tasks by their ids, in one transaction. */
export function createTaskImport(deps: Deps) {
  const { db } = deps;
  const { task, tag } = deps.hooks.given;
  const write = task || tag ? createHookedImport(deps, carryOut) : carryOut;
  return async (ctx: Context, input: ImportInput): Promise<{ results: ImportResult[] }> =>
    transaction(db, async (db) => {
      const scope = await getWritableScope(db, ctx, input.workspaceId);
      await queries.takeTurn(db, scope.id);
      const steps = await planSteps(db, scope, input);
      const written = input.dryRun ? steps : await write(db, ctx, { scope, steps });
      return { results: written.map(({ id, outcome, errors }) => ({ id, outcome, errors: [...errors] })) };
    });
}

async function planSteps(db: Trx, scope: WorkspaceScope, { tasks, existing, copy }: ImportInput): Promise<Step[]> {
  const idOf = ({ id }: ImportedTask) => (id === undefined ? v7() : copy ? v5(id, scope.id) : id);
  const named = tasks.map((row) => ({ row, id: idOf(row) }));
  const found = await queries.lockTasks(
    db,
    scope.id,
    named.map(({ id }) => id),
  );
  return named.map(({ row, id }) => {
    const here = found.get(id);
    if (here === null) return { id, here: undefined, ...TAKEN };
    return { id, here, ...plan(row, here, existing) };
  });
}

/** Said of every id that is not free, whoever has it. */
const TAKEN = failed('id', 'Cannot be used in this workspace; import a copy');

/** What an import is to do, and in which workspace. */
export interface Work {
  readonly scope: WorkspaceScope;
  readonly steps: readonly Step[];
}

async function carryOut(db: Trx, ctx: Context, { scope, steps }: Work): Promise<readonly Step[]> {
  const planned = steps.filter((step): step is Write => step.wanted !== undefined);
  const creatorId = ctx.actor.kind === 'user' ? ctx.actor.userId : scope.ownerId;
  const news = planned.filter(({ outcome }) => outcome === 'created');
  const made = await queries.insertTasks(db, { workspaceId: scope.id, creatorId }, news);
  const changed = planned.filter(({ outcome }) => outcome === 'updated');
  await queries.updateTasks(db, changed);
  const writes = planned.filter(({ id, outcome }) => outcome === 'updated' || made.has(id));
  await queries.writeMetadata(db, writes);
  const events = await writeTags(db, scope.id, writes);
  await queries.recordAll(db, ctx, { workspaceId: scope.id, tasks: made.size, events });
  if (events.some(({ type }) => type === 'tag.created')) await assertTagLimit(db, scope.id);
  return steps.map((step) => (step.outcome === 'created' && !made.has(step.id) ? { ...step, ...TAKEN } : step));
}

/** Gives the tasks their tags; resolves with all that there is to record. */
async function writeTags(db: Trx, workspaceId: string, writes: readonly Write[]): Promise<queries.ImportEvent[]> {
  const changed = writes.filter(({ wanted, here }) => hasOtherTags(wanted, here));
  const wantedTags = changed.flatMap(({ wanted }) => wanted.tags ?? []);
  const { ids, made } = await provideTags(db, workspaceId, wantedTags);
  const tagIdsOf = ({ tags = [] }: Wanted) => tags.map(({ name }) => ids.get(name) as string).sort();
  const events: queries.ImportEvent[] = made.map(({ id, name, color }) => ({
    type: 'tag.created',
    entityId: id,
    changes: all('to', { name, color }),
  }));
  for (const { id, wanted, here, outcome, changes = {} } of writes) {
    const type = outcome === 'created' ? 'task.created' : 'task.updated';
    const tagIds = changed.some((write) => write.id === id) ? tagIdsOf(wanted) : undefined;
    if (tagIds) await replaceTags(db, { id, workspaceId }, tagIds);
    const before = here?.tags.map((tag) => tag.id).sort() ?? [];
    const ofTags = !tagIds ? {} : here ? diff({ tagIds: before }, { tagIds }) : all('to', { tagIds });
    events.push({ type, entityId: id, changes: { ...changes, ...ofTags } });
  }
  return events;
}
