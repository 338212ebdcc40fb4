import type { Row } from '../render/result.ts';
import type { Problem } from './formats.ts';
import {
  type Attributes,
  findDifferences,
  type Task,
  toAttributes,
  toTag,
  withChanges,
} from './taskwarrior-attributes.ts';
import { readStamp } from './taskwarrior-dates.ts';

/** What Taskwarrior works out by itself. */
const COMPUTED = ['id', 'urgency'];
const STATUS: Readonly<Record<string, string>> = {
  pending: 'TODO',
  waiting: 'TODO',
  recurring: 'TODO',
  completed: 'DONE',
  deleted: 'CANCELLED',
};
const PRIORITY: Readonly<Record<string, string>> = { L: 'LOW', H: 'HIGH' };
const MAX = { title: 200, tag: 50, tags: 20 };
const CONTROLS = /[\p{Cc}\p{Surrogate}]+/gu;

const NAMES: Readonly<Record<string, string>> = {
  id: 'uuid',
  title: 'description',
  description: 'taskapp_details',
  dueDate: 'due',
  completedAt: 'end',
  createdAt: 'entry',
  updatedAt: 'modified',
};

/**
 * A task of Taskwarrior's export as `tasks.import` takes it. What has no field here is kept as it is in the metadata,
 * and comes back with `toTaskwarrior`.
 */
export function fromTaskwarrior(given: Attributes): { task: Row } | { problems: Problem[] } {
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => !COMPUTED.includes(name)));
  const problems = findProblems(own);
  if (problems.length > 0) return { problems };
  const task = toTask(own);
  const isPlain = Object.keys(findDifferences(own, toAttributes(task, {}))).length === 0;
  const metadata = isPlain ? task.metadata : { ...task.metadata, taskwarrior: own };
  const fields = Object.entries({ ...task, metadata }).filter(([, value]) => value !== undefined);
  return { task: Object.fromEntries(fields) };
}

/** A task as Taskwarrior has it: as it came from there, but for what has changed since. */
export function toTaskwarrior(task: Task): Attributes {
  const base = task.metadata?.taskwarrior;
  if (!isRecord(base) || findProblems(base).length > 0) return toAttributes(task, {});
  const now = toAttributes(task, base);
  return withChanges(base, { ...toAttributes(toTask(base), base), uuid: base.uuid }, now);
}

const isRecord = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TEXTS = ['description', 'taskapp_details', 'taskapp_priority', 'taskapp_tags', 'taskapp_metadata'];
const STAMPS = ['entry', 'modified', 'end', 'due'];

/** A problem with a field of an import, as one of what it is in Taskwarrior. */
export const toTaskwarriorName = ({ path, message }: Problem): Problem => ({ path: NAMES[path] ?? path, message });

/** What keeps a task from being understood. */
function findProblems(own: Attributes): Problem[] {
  const wrong = (names: readonly string[], isRight: (value: unknown) => boolean, message: string) =>
    names.filter((name) => own[name] !== undefined && !isRight(own[name])).map((path) => ({ path, message }));
  const isText = (value: unknown) => typeof value === 'string';
  const isTags = (value: unknown) => Array.isArray(value) && value.every(isText);
  return [
    ...(own.description === undefined ? [{ path: 'description', message: 'Required' }] : []),
    ...wrong(TEXTS, isText, 'Must be a string'),
    ...wrong(['status'], (value) => String(value) in STATUS, `Must be one of ${Object.keys(STATUS).join(', ')}`),
    ...wrong(STAMPS, (value) => readStamp(value) !== undefined, 'Must be a time like 20270131T090000Z'),
    ...wrong(['tags'], isTags, 'Must be an array of strings'),
    ...wrong(['taskapp_metadata'], (value) => isRecord(parse(value)), 'Must be a JSON object'),
  ];
}

/** The task that attributes without problems mean. */
function toTask(own: Attributes): Task {
  const status = STATUS[String(own.status ?? 'pending')] ?? 'TODO';
  const priority = String(own.priority);
  return {
    id: own.uuid,
    title: shorten(own.description as string, MAX.title),
    description: (own.taskapp_details as string | undefined) ?? null,
    status: status === 'TODO' && own.start !== undefined ? 'IN_PROGRESS' : status,
    priority: priority === 'H' && own.taskapp_priority === 'URGENT' ? 'URGENT' : (PRIORITY[priority] ?? 'MEDIUM'),
    dueDate: readStamp(own.due) ?? null,
    completedAt: status === 'DONE' ? readStamp(own.end) : undefined,
    createdAt: readStamp(own.entry),
    updatedAt: readStamp(own.modified),
    tags: namesOf(own).map((name) => ({ name })),
    metadata: (parse(own.taskapp_metadata) as Attributes | undefined) ?? null,
  };
}

/** As many characters as fit, in one line; the whole text stays in the metadata. */
function shorten(text: string, max: number): string {
  const characters = [...text.replace(CONTROLS, ' ').normalize('NFC').trim()];
  return characters.length <= max ? characters.join('') : `${characters.slice(0, max - 1).join('')}…`;
}

/** The names that tags had before Taskwarrior could not keep them, unless its tags have changed since. */
function namesOf({ tags = [], taskapp_tags: ours }: Attributes): string[] {
  const given = (tags as string[]).map((tag) => shorten(tag, MAX.tag)).filter(Boolean);
  const names = parse(ours);
  const isSame =
    Array.isArray(names) && String(names.map((name) => toTag(String(name))).sort()) === String(given.toSorted());
  const unique = new Map((isSame ? names.map(String) : given).map((name) => [name.toLowerCase(), name]));
  return [...unique.values()].slice(0, MAX.tags);
}

function parse(json: unknown): unknown {
  try {
    return typeof json === 'string' ? JSON.parse(json) : undefined;
  } catch {
    return undefined;
  }
}
