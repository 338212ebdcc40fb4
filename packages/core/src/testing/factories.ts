import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import type { Actor, Role, UserActor } from '../kernel/contract.ts';
import type { tagsContract } from '../tags/tags.contract.ts';
import type { HostedTaskApp, TaskApp } from '../task-app.ts';
import type { TaskView, tasksContract } from '../tasks/tasks.contract.ts';
import type { BoundServices } from '../transaction-app.ts';

/** An account made for a test. */
export interface TestUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly password: string;
  readonly actor: UserActor;
  /** The operations as this user. */
  readonly as: BoundServices;
  /** Signs in; with the tokens that HTTP asks for. */
  signIn(): Promise<{ readonly accessToken: string; readonly refreshToken: string }>;
}

type TaskInput = Partial<z.input<typeof tasksContract.create.input>>;
type TagInput = Partial<z.input<typeof tagsContract.create.input>>;
type Tag = z.output<typeof tagsContract.create.output>;
type Owner = Actor | { readonly actor: Actor };

/** What is made for a test has values that are believable and, where they have to be, unique. */
export interface ItemFactories {
  /** Makes a task of a user; `Task 1`, `Task 2` where no title is given. */
  task(owner: Owner, input?: TaskInput): Promise<TaskView>;
  /** Makes a tag of a user; `tag-1`, `tag-2` where no name is given. */
  tag(owner: Owner, input?: TagInput): Promise<Tag>;
  /** The actor that stands for a user in calls of the library. */
  actorFor(userId: string, role?: Role): UserActor;
}

export interface UserFactory {
  /** Makes an account; its address is unique. */
  user(fields?: Partial<Pick<TestUser, 'email' | 'name' | 'role' | 'password'>>): Promise<TestUser>;
}

const SYSTEM: Actor = { kind: 'system', reason: 'test' };
const PASSWORD = 'Password123';
const actorOf = (owner: Owner): Actor => ('actor' in owner ? owner.actor : owner);

const actorFor = (userId: string, role: Role = 'USER'): UserActor => ({ kind: 'user', userId, role });

/** Makes the factories of what users make. */
export function createItemFactories(app: Pick<TaskApp | HostedTaskApp, 'tasks' | 'tags'>): ItemFactories {
  const made = { tasks: 0, tags: 0 };
  return {
    actorFor,
    task: async (owner, input = {}) => {
      const title = input.title ?? `Task ${++made.tasks}`;
      return app.tasks.create({ actor: actorOf(owner) }, { ...input, title });
    },
    tag: async (owner, input = {}) => {
      const name = input.name ?? `tag-${++made.tags}`;
      return app.tags.create({ actor: actorOf(owner) }, { ...input, name });
    },
  };
}

/** Makes the factory of accounts. */
export const createUserFactory = (app: TaskApp): UserFactory => ({
  user: async ({ email = `${randomUUID()}@example.com`, name = 'Ada', role = 'USER', password = PASSWORD } = {}) => {
    const { id } = await app.users.create({ actor: SYSTEM }, { email, name, role, password });
    const actor = actorFor(id, role);
    const signIn = () => app.auth.login({}, { email, password });
    return { id, email, name, role, password, actor, as: app.as(actor), signIn };
  },
});
