import type { OperationId } from '@taskapp/core';
import type { Reference } from './references.ts';
import type { Tones } from './render/result.ts';

/** How a command differs from what its operation already implies. Most need no entry. */
export interface Presentation {
  /** Further names of a field's option: `tag` gives `--tag` beside `--tag-ids`. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Fields that name something else and accept more than its id. */
  readonly references?: Readonly<Record<string, Reference>>;
  /** A field that may be given as an argument too, and is asked for at a terminal. */
  readonly argument?: string;
  /** What the help says instead of the operation's description, which is written for programs. */
  readonly note?: string;
  /** Columns of the table printed for a list; all fields by default. */
  readonly columns?: readonly string[];
  /** Ids in the table are cut to what `references` accept. */
  readonly shortIds?: boolean;
  /** How some values of some fields stand out in a table. */
  readonly tones?: Tones;
  /** Said when a list is empty. */
  readonly empty?: string;
  /** Said when a command without a result succeeded. */
  readonly done?: string;
  /** Asked at a terminal before anything is done, unless `--yes` is given. */
  readonly question?: string;
  /** The operation that `--all` stands for, in place of the arguments. */
  readonly everything?: OperationId;
  /** The operation that `--preview` stands for: it takes fewer fields and changes nothing. */
  readonly preview?: OperationId;
  /** Secrets that are being set, not compared: typed twice at a prompt. */
  readonly confirm?: readonly string[];
}

const task: Reference = { list: 'tasks.list', label: 'title' };
const tag: Reference = { list: 'tags.list', label: 'name', by: 'name' };
const user: Reference = { list: 'users.list', label: 'email', filter: { field: 'email', when: /@/ } };
const session: Reference = { list: 'auth.sessions', label: 'userAgent' };

/** Tags of a new or listed task belong to its workspace. */
const givenTag: Reference = { ...tag, scope: async (_call, { workspaceId }) => ({ workspaceId }) };
const tagOfTask: Reference = {
  ...tag,
  scope: async (call, { id }) => {
    const { workspaceId } = await call('tasks.get', { id });
    return { workspaceId };
  },
};

const taskTones: Tones = {
  status: { IN_PROGRESS: 'cyan', DONE: 'green', CANCELLED: 'gray' },
  priority: { URGENT: 'red', HIGH: 'yellow', LOW: 'gray' },
};

export const presentation: Readonly<Partial<Record<OperationId, Presentation>>> = {
  'tasks.list': {
    columns: ['id', 'title', 'status', 'priority', 'dueDate', 'tags'],
    shortIds: true,
    tones: taskTones,
    empty: 'No tasks. Make one: taskctl add "Buy milk"',
    flags: { tagId: 'tag' },
    references: { tagId: givenTag },
  },
  'tasks.create': { flags: { tagIds: 'tag' }, references: { tagIds: givenTag } },
  'tasks.quickAdd': { flags: { tagIds: 'tag' }, references: { tagIds: givenTag }, preview: 'tasks.previewQuickAdd' },
  'tasks.get': { references: { id: task } },
  'tasks.update': {
    note: 'What is not given stays as it is; --tag replaces all tags.',
    flags: { tagIds: 'tag' },
    references: { id: task, tagIds: tagOfTask },
  },
  'tasks.remove': { references: { id: task }, done: 'Deleted' },
  'tags.list': { columns: ['id', 'name', 'color', 'taskCount'], shortIds: true, empty: 'No tags.' },
  'tags.get': { references: { id: tag } },
  'tags.update': { references: { id: tag } },
  'tags.remove': { references: { id: tag }, done: 'Deleted' },
  'events.list': { columns: ['createdAt', 'type', 'entityType', 'entityId', 'actor'], empty: 'Nothing has happened.' },
  'users.list': { columns: ['id', 'email', 'name', 'role', 'disabledAt', 'createdAt'], shortIds: true },
  'users.create': { confirm: ['password'] },
  'users.get': { references: { id: user } },
  'users.update': { references: { id: user } },
  'users.remove': {
    references: { id: user },
    question: 'The account is deleted with all of its tasks and tags. Go on?',
    done: 'Deleted',
  },
  'users.removeMe': {
    question: 'Your account is deleted with all of its tasks and tags. Go on?',
    done: 'Deleted',
  },
  'sessions.list': {
    columns: ['id', 'lastUsedAt', 'createdAt', 'ip', 'userAgent'],
    references: { id: user },
    empty: 'No sessions.',
  },
  'sessions.revoke': { references: { id: user }, everything: 'sessions.revokeAll' },
  'sessions.revokeAll': { question: 'Everybody has to sign in again. End all sessions?' },
  'auth.register': { confirm: ['password'] },
  'auth.login': {
    argument: 'email',
    note: 'With --url the session is kept, and later commands are its own; without it the tokens are printed.',
  },
  'auth.logout': { done: 'Signed out' },
  'auth.changePassword': { confirm: ['newPassword'] },
  'auth.sessions': { columns: ['id', 'lastUsedAt', 'createdAt', 'ip', 'userAgent'], shortIds: true },
  'auth.revokeSession': { references: { id: session }, done: 'Ended' },
};
