import type { Knex } from 'knex';
import type { Deps } from '../deps.ts';
import type { CallContext } from '../kernel/contract.ts';
import type { Db } from '../kernel/database.ts';
import { passOn } from '../kernel/database-errors.ts';
import { isTaskAppError, refuse } from '../kernel/errors.ts';
import { implement } from '../kernel/implement.ts';
import { transaction } from '../kernel/transaction.ts';
import type { Services } from '../operations.ts';
import { tagErrors } from '../tags/tags.errors.ts';
import { findTagsByName } from '../tags/tags.queries.ts';
import { findReadableSnapshot, getWritableScope } from '../workspaces/workspaces.queries.ts';
import { quickAddContract } from './quick-add.contract.ts';
import { type QuickTask, readQuickText } from './quick-text.ts';

const MAX_TITLE = 200;

type Context = CallContext & { readonly actor: NonNullable<CallContext['actor']> };

/** What quick add needs: tags and tasks are made by their own operations, with all that these check and record. */
export interface QuickAddDeps extends Pick<Deps, 'db'> {
  readonly onTransaction: (trx: Knex.Transaction) => Pick<Services, 'tags' | 'tasks'>;
}

/** Tasks from lines of text. */
export function createQuickAddService({ db, onTransaction }: QuickAddDeps) {
  return implement(quickAddContract, {
    quickAdd: async (ctx, { text, timeZone, workspaceId, ...given }) => {
      const task = await read(db, { text, timeZone });
      return transaction(db, async (db) => {
        const services = onTransaction(db);
        const scope = await getWritableScope(db, ctx, workspaceId);
        const makeTags = () => findOrMakeTags(db, ctx, { names: task.tags, workspaceId: scope.id, services });
        const tagIds = given.tagIds ?? (await makeTags());
        const { title, description, dueDate } = task;
        const priority = given.priority ?? task.priority ?? undefined;
        const fields = { title, description, dueDate, ...given, priority, tagIds, workspaceId: scope.id };
        return services.tasks.create(ctx, fields).catch(passOn);
      });
    },

    previewQuickAdd: async (ctx, { text, timeZone, workspaceId }) => {
      const task = await read(db, { text, timeZone });
      const workspace = await findReadableSnapshot(db, ctx, workspaceId);
      const known = workspace ? await findTagsByName(db, workspace.id, task.tags) : new Map<string, NamedTag>();
      return {
        ...task,
        parts: [...task.parts],
        tags: task.tags.map((name) => known.get(name.toLowerCase()) ?? { id: null, name }),
      };
    },
  });
}

interface NamedTag {
  readonly id: string;
  readonly name: string;
}

/** @throws input.invalid where the text leaves no title that a task can have */
async function read(db: Db, { text, timeZone }: { text: string; timeZone: string }): Promise<QuickTask> {
  const { rows } = await db.raw('select now() as now');
  const task = await readQuickText(text, { now: new Date(rows[0].now), timeZone });
  if (task.title === '') refuse('text', 'Leaves no title; double quotes keep words as they are');
  if ([...task.title].length > MAX_TITLE) refuse('text', `Leaves a title of more than ${MAX_TITLE} characters`);
  return task;
}

interface WantedTags {
  readonly names: readonly string[];
  readonly workspaceId: string;
  readonly services: Pick<Services, 'tags'>;
}

async function findOrMakeTags(db: Db, ctx: Context, wanted: WantedTags): Promise<string[]> {
  const { names, workspaceId } = wanted;
  const known = await findTagsByName(db, workspaceId, names);
  const ids = new Set<string>();
  for (const name of names)
    ids.add((known.get(name.toLowerCase()) ?? (await makeTag(db, ctx, { ...wanted, name }))).id);
  return [...ids];
}

/** Somebody else may make a tag of that name at the same time; then theirs is taken. */
async function makeTag(
  db: Db,
  ctx: Context,
  { name, workspaceId, services }: Omit<WantedTags, 'names'> & { readonly name: string },
): Promise<NamedTag> {
  try {
    return await services.tags.create(ctx, { name, workspaceId });
  } catch (error) {
    if (!isTaskAppError(error) || error.code !== tagErrors.nameTaken.code) throw error;
    const theirs = (await findTagsByName(db, workspaceId, [name])).get(name.toLowerCase());
    if (!theirs) throw error;
    return theirs;
  }
}
