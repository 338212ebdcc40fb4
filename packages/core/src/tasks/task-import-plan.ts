import { isDeepStrictEqual } from 'node:util';
import { all, type Changes, diff } from '../events/events.queries.ts';
import type { FieldProblem } from '../kernel/errors.ts';
import type { Task } from './task.model.ts';
import type { ImportedTask, ImportInput, ImportResult } from './task-transfer.contract.ts';

type Fields = Pick<Task, 'title' | 'description' | 'status' | 'priority' | 'dueDate' | 'completedAt'>;
type Metadata = Readonly<Record<string, unknown>> | null;

/** A task that the workspace has under the id of an imported one. */
export interface Here extends Fields, Pick<Task, 'createdAt' | 'updatedAt'> {
  readonly tags: readonly { readonly id: string; readonly name: string }[];
  readonly metadata: Metadata;
}

/** A task as the import leaves it. A time that is `null` or undefined is for the database's clock, where one is needed. */
export interface Wanted extends Fields {
  readonly createdAt: Date | undefined;
  readonly updatedAt: Date | undefined;
  /** Undefined: they stay. */
  readonly tags: ImportedTask['tags'];
  readonly metadata: Metadata;
}

/** What is to become of one imported task. */
export interface Plan {
  readonly outcome: ImportResult['outcome'];
  readonly errors: readonly FieldProblem[];
  /** For what is created or updated. */
  readonly wanted?: Wanted;
  /** All but those of its tags, whose ids are not known yet. */
  readonly changes?: Changes;
}

/** Decides what an import does with one task. */
export function plan(row: ImportedTask, here: Here | undefined, existing: ImportInput['existing']): Plan {
  const wanted = merge(row, here);
  if (row.completedAt && wanted.status !== 'DONE') {
    return failed('completedAt', 'Only a task whose status is DONE has one');
  }
  const changes = changesOf(wanted, here);
  if (!here) return { outcome: 'created', errors: [], wanted, changes };
  if (Object.keys(changes).length === 0 && !hasOtherTags(wanted, here)) return UNCHANGED;
  if (stays(row, here, existing)) return { outcome: 'skipped', errors: [] };
  return {
    outcome: 'updated',
    errors: [],
    wanted: { ...wanted, updatedAt: laterThan(here, wanted.updatedAt) },
    changes,
  };
}

const UNCHANGED: Plan = { outcome: 'unchanged', errors: [] };

type Replaceable = Pick<Fields, 'title' | 'description' | 'status' | 'priority' | 'dueDate'>;

/** The same plan with some fields as a hook wants them. */
export function replaceFields<P extends Plan & { readonly wanted: Wanted }>(
  planned: P,
  here: Here | undefined,
  fields: Partial<Replaceable>,
): P {
  const merged = { ...planned.wanted, ...fields };
  const wanted = { ...merged, completedAt: merged.status === 'DONE' ? merged.completedAt : null };
  return { ...planned, wanted, changes: changesOf(wanted, here) };
}

/** What is different afterwards, but for tags. */
function changesOf({ tags: _tags, updatedAt: _updated, metadata, ...fields }: Wanted, here: Here | undefined): Changes {
  if (!here) return all('to', withoutNothing({ ...fields, ...(metadata && { metadata }) }));
  const kept = isDeepStrictEqual(metadata, here.metadata) ? {} : { metadata: { from: here.metadata, to: metadata } };
  return { ...diff<Omit<Here, 'tags' | 'metadata'>>(here, fields as Partial<Here>), ...kept };
}

/** The plan for a task that cannot be imported. */
export const failed = (path: string, message: string): Plan => ({ outcome: 'failed', errors: [{ path, message }] });

function merge(row: ImportedTask, here: Here | undefined): Wanted {
  const status = row.status ?? here?.status ?? 'TODO';
  return {
    title: row.title,
    description: row.description === undefined ? (here?.description ?? null) : row.description,
    status,
    priority: row.priority ?? here?.priority ?? 'MEDIUM',
    dueDate: row.dueDate === undefined ? (here?.dueDate ?? null) : row.dueDate,
    completedAt: status === 'DONE' ? (row.completedAt ?? here?.completedAt ?? null) : null,
    createdAt: row.createdAt ?? here?.createdAt,
    updatedAt: row.updatedAt,
    tags: row.tags,
    metadata: row.metadata === undefined ? (here?.metadata ?? null) : row.metadata,
  };
}

const withoutNothing = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));

/** True where the task is to have other tags than it has. */
export function hasOtherTags({ tags }: Pick<Wanted, 'tags'>, here: Pick<Here, 'tags'> | undefined): boolean {
  const names = (of: readonly { readonly name: string }[]) => of.map(({ name }) => name.toLowerCase()).sort();
  return tags !== undefined && !isDeepStrictEqual(names(tags), names(here?.tags ?? []));
}

const stays = ({ updatedAt }: ImportedTask, here: Here, existing: ImportInput['existing']): boolean =>
  existing === 'keep' || (existing === 'newer' && updatedAt !== undefined && isOlder(updatedAt, here.updatedAt));

/** Many programs know no parts of a second: within one, what they say is taken for the newer. */
function isOlder(given: Date, here: Date): boolean {
  const [one, other] = [given.getTime(), here.getTime()];
  return one < (one % 1000 === 0 ? other - (other % 1000) : other);
}

/** A task never seems to have been changed earlier than before. */
const laterThan = (here: Here, updatedAt: Date | undefined): Date | undefined =>
  updatedAt && updatedAt > here.updatedAt ? updatedAt : undefined;
