import type { Knex } from 'knex';
import { raw } from 'objection';
import { batch, forBatches } from '../kernel/batches.ts';
import type { Actor } from '../kernel/contract.ts';
import { type Db, lockRowsOf } from '../kernel/database.ts';
import { fail, refuse } from '../kernel/errors.ts';
import { Serialized } from '../kernel/serialized.ts';
import { actorMay, memberMay } from '../workspaces/workspaces.queries.ts';
import { Task } from './task.model.ts';
import { viewOf } from './task-view.ts';
import { taskErrors } from './tasks.errors.ts';

/** @throws task.not_found, task.forbidden */
export function assertAccess<T extends { readonly may: boolean }>(task: T | undefined): T {
  if (!task) fail(taskErrors.notFound);
  return task.may ? task : fail(taskErrors.forbidden);
}

/** A task that somebody asks for. */
interface Question {
  readonly id: string;
  readonly actor: Actor;
}

interface Answer {
  readonly json: string;
  readonly version: number;
  readonly may: boolean;
}

const read = forBatches<Answer>(
  ['uuid', 'uuid'],
  (rows) => `
  select q.number, ${viewOf('t')} as json, t.version,
    q.user_id is null or ${memberMay('read', 't', 'q.user_id')} as may
  from ${rows} q (id, user_id, number)
  join taskapp.tasks t on t.id = q.id`,
);

const findTasks = (db: Db, questions: readonly Question[]) =>
  read(
    db,
    questions.map(({ id, actor }) => [id, actor.kind === 'user' ? actor.userId : null]),
  );

/** Reads tasks with their tags; those that are asked for in one turn of the event loop by one statement. */
export function createTaskReader(db: Db) {
  const ask = batch((questions: readonly Question[]) => findTasks(db, questions));
  /** @throws task.not_found, task.forbidden */
  return async (actor: Actor, id: string): Promise<Serialized> => toView(await ask({ actor, id }));
}

/** @throws task.not_found, task.forbidden */
export async function getTask(db: Db, actor: Actor, id: string): Promise<Serialized> {
  const [answer] = await findTasks(db, [{ actor, id }]);
  return toView(answer);
}

function toView(answer: Answer | undefined): Serialized {
  const { json, version } = assertAccess(answer);
  return new Serialized(json, { version });
}

/** Reads a task, without its tags, and locks its row for a change. */
export async function lockTask(db: Knex.Transaction, actor: Actor, id: string): Promise<Task> {
  const [may, bindings] = actorMay(actor, 'write', 't');
  const query = Task.query(db).alias('t').where('t.id', id).select('t.*', raw(may, bindings).as('may')).first();
  return assertAccess((await lockRowsOf(query, 't')) as (Task & { may: boolean }) | undefined);
}

/** The ids of a task's tags. */
export const findTagIds = (db: Knex.Transaction, taskId: string): Promise<string[]> =>
  db('taskapp.task_tags').where('task_id', taskId).orderBy('tag_id').pluck('tag_id');

/**
 * Sees to it that tags can be linked to tasks of a workspace, and keeps them from being deleted until they are.
 * @throws input.invalid that names the first one that is not of the workspace
 */
export async function lockTags(db: Db, workspaceId: string, tagIds: readonly string[]): Promise<void> {
  if (tagIds.length === 0) return;
  const own = await db('taskapp.tags')
    .where('workspace_id', workspaceId)
    .whereIn('id', tagIds)
    .forKeyShare()
    .pluck('id');
  const unknown = tagIds.findIndex((tagId) => !own.includes(tagId));
  if (unknown >= 0) refuse(`tagIds.${unknown}`, 'No such tag in the workspace of the task');
}

/** Replaces the tags of a task; every one has to belong to its workspace. */
export async function replaceTags(
  db: Knex.Transaction,
  task: Pick<Task, 'id' | 'workspaceId'>,
  tagIds: readonly string[],
): Promise<void> {
  await db('taskapp.task_tags').where('task_id', task.id).whereNotIn('tag_id', tagIds).delete();
  await lockTags(db, task.workspaceId, tagIds);
  if (tagIds.length === 0) return;
  const links = tagIds.map((tagId) => ({ task_id: task.id, tag_id: tagId }));
  await db('taskapp.task_tags').insert(links).onConflict(['task_id', 'tag_id']).ignore();
}
