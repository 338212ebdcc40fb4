import type { Knex } from 'knex';
import { raw } from 'objection';
import type { Actor } from '../kernel/contract.ts';
import { type Db, lockRowsOf } from '../kernel/database.ts';
import { fail, refuse } from '../kernel/errors.ts';
import { actorMay, type Permission } from '../workspaces/workspaces.queries.ts';
import { Task } from './task.model.ts';
import { taskErrors } from './tasks.errors.ts';

/** SQL of the tags `g`, by name. */
export const TAGS = `coalesce(
  json_agg(json_build_object('id', g.id, 'name', g.name, 'color', g.color) order by lower(g.name)), '[]')`;
/** SQL of the tags of the task in the table aliased `alias`. */
export const TAGS_OF = (alias: string) => `(
  select ${TAGS} from taskapp.task_tags l join taskapp.tags g on g.id = l.tag_id where l.task_id = ${alias}.id)`;

/** Selects the tags of the task in the table aliased `alias`, by name. */
export const tagsOf = (alias: string) => raw(TAGS_OF(alias)).as('tags');

interface Access {
  readonly actor: Actor;
  readonly id: string;
  readonly permission: Permission;
}

/** Selects one task with the answer whether the actor may do what they want with it. */
function selectTask(db: Db, { actor, id, permission }: Access) {
  const [may, bindings] = actorMay(actor, permission, 't');
  return Task.query(db).alias('t').where('t.id', id).select('t.*', raw(may, bindings).as('may')).first();
}

function assertAccess(task: Task | undefined): Task {
  if (!task) fail(taskErrors.notFound);
  return (task as Task & { may: boolean }).may ? task : fail(taskErrors.forbidden);
}

/**
 * Reads a task with its tags.
 * @throws task.not_found, task.forbidden
 */
export async function getTask(db: Db, actor: Actor, id: string): Promise<Task> {
  return assertAccess(await selectTask(db, { actor, id, permission: 'read' }).select(tagsOf('t')));
}

/** Reads a task, without its tags, and locks its row for a change. */
export const lockTask = async (db: Knex.Transaction, actor: Actor, id: string): Promise<Task> =>
  assertAccess(await lockRowsOf(selectTask(db, { actor, id, permission: 'write' }), 't'));

/** Refuses the tag at a position of `tagIds`. */
export const refuseTag = (index: number): never =>
  refuse(`tagIds.${index}`, 'No such tag in the workspace of the task');

/** The ids of a task's tags. */
export const findTagIds = (db: Knex.Transaction, taskId: string): Promise<string[]> =>
  db('taskapp.task_tags').where('task_id', taskId).orderBy('tag_id').pluck('tag_id');

/** Replaces the tags of a task; every one has to belong to its workspace. */
export async function replaceTags(
  db: Knex.Transaction,
  task: Pick<Task, 'id' | 'workspaceId'>,
  tagIds: readonly string[],
): Promise<void> {
  await db('taskapp.task_tags').where('task_id', task.id).whereNotIn('tag_id', tagIds).delete();
  if (tagIds.length === 0) return;
  // The lock keeps the tags from being deleted before the links are there.
  const own = await db('taskapp.tags')
    .where('workspace_id', task.workspaceId)
    .whereIn('id', tagIds)
    .forKeyShare()
    .pluck('id');
  const unknown = tagIds.findIndex((tagId) => !own.includes(tagId));
  if (unknown >= 0) refuseTag(unknown);
  const links = tagIds.map((tagId) => ({ task_id: task.id, tag_id: tagId }));
  await db('taskapp.task_tags').insert(links).onConflict(['task_id', 'tag_id']).ignore();
}
