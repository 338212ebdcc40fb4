import { isDeepStrictEqual } from 'node:util';
import { toStamp } from './taskwarrior-dates.ts';

/** A task as Taskwarrior's JSON has it. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A task as far as Taskwarrior is concerned; times as the app or as JSON has them. */
export interface Task {
  readonly id?: unknown;
  readonly title: string;
  readonly description: string | null;
  readonly status: string;
  readonly priority: string;
  readonly dueDate?: unknown;
  readonly completedAt?: unknown;
  readonly createdAt?: unknown;
  readonly updatedAt?: unknown;
  readonly tags: readonly { readonly name: string }[];
  readonly metadata: Attributes | null;
}

const PRIORITY: Readonly<Record<string, string>> = { LOW: 'L', HIGH: 'H', URGENT: 'H' };
/** What would end a tag of Taskwarrior. */
const BETWEEN_TAGS = /[\s,]+/g;
/** Attributes of ours that hold JSON: its keys have no order. */
const JSON_ATTRIBUTES = ['taskapp_tags', 'taskapp_metadata'];

/** The name of a tag as Taskwarrior can keep it. */
export const toTag = (name: string): string => name.replace(BETWEEN_TAGS, '_');

/**
 * The attributes of a task. What Taskwarrior has no attribute for gets one of ours, `taskapp_...`, which it keeps and
 * shows. Of `base`, what came from there, are the times that nothing here tells.
 */
export function toAttributes(task: Task, base: Attributes): Attributes {
  const { status, priority, tags, metadata } = task;
  const { taskwarrior: _own, ...others } = metadata ?? {};
  const names = tags.map(({ name }) => name);
  const modified = toStamp(task.updatedAt);
  const isLossy = names.some((name) => toTag(name) !== name);
  return withoutNothing({
    uuid: task.id,
    description: task.title,
    status: status === 'DONE' ? 'completed' : status === 'CANCELLED' ? 'deleted' : 'pending',
    entry: toStamp(task.createdAt),
    modified,
    due: toStamp(task.dueDate),
    start: status === 'IN_PROGRESS' ? (base.start ?? modified) : undefined,
    end: status === 'DONE' ? toStamp(task.completedAt) : status === 'CANCELLED' ? endOf(base, modified) : undefined,
    tags: names.length > 0 ? names.map(toTag) : undefined,
    priority: PRIORITY[priority],
    taskapp_details: task.description ?? undefined,
    taskapp_priority: priority === 'URGENT' ? priority : undefined,
    taskapp_tags: isLossy ? JSON.stringify(names) : undefined,
    taskapp_metadata: Object.keys(others).length > 0 ? JSON.stringify(others) : undefined,
  });
}

const endOf = ({ status, end }: Attributes, modified: unknown) => (status === 'deleted' && end ? end : modified);

const withoutNothing = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));

/** The attributes in which `now` differs from `was`; undefined where there is none any more. */
export function findDifferences(was: Attributes, now: Attributes): Attributes {
  const names = [...new Set([...Object.keys(was), ...Object.keys(now)])];
  const changed = names.filter((name) => !isSame(name, was[name], now[name]));
  return Object.fromEntries(changed.map((name) => [name, now[name]]));
}

/** `base` with what has changed since it was what `was` says. */
export const withChanges = (base: Attributes, was: Attributes, now: Attributes): Attributes =>
  withoutNothing({ ...base, ...findDifferences(was, now) });

function isSame(name: string, one: unknown, other: unknown): boolean {
  const read = JSON_ATTRIBUTES.includes(name) ? parseText : name === 'tags' ? toSet : (value: unknown) => value;
  return isDeepStrictEqual(read(one), read(other));
}

const parseText = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value);

/** Whatever their case: the workspace may have had a tag before, and its order is another one. */
const toSet = (tags: unknown): unknown =>
  Array.isArray(tags) ? [...new Set(tags.map((tag) => String(tag).toLowerCase()))].sort() : tags;
