import type { EventType } from '../events/events.fields.ts';
import type { TaskPriority, TaskStatus } from '../tasks/tasks.contract.ts';

/** Values before and after; what is new has no `from`, what is gone no `to`. Points in time are strings, as in JSON. */
type ChangesOf<Fields> = { readonly [F in keyof Fields]?: { readonly from?: Fields[F]; readonly to?: Fields[F] } };

type TaskChanges = ChangesOf<{
  title: string;
  description: string | null;
  status: TaskStatus;
  priority: TaskPriority;
  dueDate: string | null;
  tagIds: readonly string[];
}>;
type TagChanges = ChangesOf<{ name: string; color: string }>;
type OtherChanges = ChangesOf<Record<string, unknown>>;

/** What the changes of an event tell, by its type. */
export type TaskAppEvents = {
  readonly [T in EventType]: T extends `task.${string}`
    ? TaskChanges
    : T extends `tag.${string}`
      ? TagChanges
      : OtherChanges;
};

interface EventOf<T extends EventType> {
  /** The same every time the event is told: what a listener knows repetitions by. */
  readonly id: string;
  readonly type: T;
  readonly entityType: string;
  /** `null` for a sign-in to an unknown account. */
  readonly entityId: string | null;
  /** `null` for what concerns an account. */
  readonly workspaceId: string | null;
  /** The version that the change gave the workspace: 1 more than that of the event before it. */
  readonly seq: number | null;
  readonly actor: {
    readonly kind: 'user' | 'system' | 'anonymous';
    readonly userId: string | null;
    readonly reason: string | null;
  };
  readonly requestId: string | null;
  readonly changes: TaskAppEvents[T];
  /** When the transaction of the change began. */
  readonly createdAt: Date;
}

/** Something that happened and was committed. `event.type` tells which `changes` there are. */
export type TaskAppEvent<T extends EventType = EventType> = { readonly [K in T]: EventOf<K> }[T];

/** What events a listener is for. */
export type EventChoice = EventType | '*' | readonly EventType[];

type Chosen<C extends EventChoice> = C extends readonly (infer T)[] ? T : C extends '*' ? EventType : C;

/** Called with one event at a time, the next one once it has resolved. Throwing has the event told again. */
export type EventListener<C extends EventChoice = '*'> = (
  event: TaskAppEvent<Chosen<C> & EventType>,
) => void | Promise<void>;

export interface ListenOptions {
  /**
   * Names a consumer that the database remembers: it goes on where it stopped, in whatever process. One process at a time
   * is told. Without a name a listener is told what happens while it listens.
   */
  readonly name?: string;
  /** Calls after which an event is given up, with an error in the log; by default never. */
  readonly maxAttempts?: number;
}
