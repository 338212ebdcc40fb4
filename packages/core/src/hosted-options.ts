import type { HostedTaskAppHooks } from './hooks/task-app-hooks.ts';
import type { HostUsers } from './host-users/host-users.ts';
import type { TaskAppOptions } from './options.ts';

/** The options of an app whose accounts are its host's: no passwords and no tokens of its own, so no secrets are needed. */
export interface HostedTaskAppOptions
  extends Omit<TaskAppOptions, 'secrets' | 'hooks' | (typeof FOR_ACCOUNTS)[number]> {
  /** Who there is, and who sends a request. */
  readonly users: HostUsers;
  /** What happens with every change of a task or a tag, in its transaction. */
  readonly hooks?: HostedTaskAppHooks;
  /** What cursors are signed with. Without it they are with what everybody may know: they say where a page ended, no more. */
  readonly secrets?: TaskAppOptions['secrets'];
}

const FOR_ACCOUNTS = ['tokens', 'passwords', 'throttle'] as const;
/** In place of secrets that nothing depends on. */
export const KNOWN_TO_ALL = {
  access: 'taskapp cursors of hosted apps, access',
  refresh: 'taskapp cursors of hosted apps, refresh',
};

/** Names what is wrong with the options that only such an app has, or must not have. */
export function findHostProblems(
  users: Partial<HostUsers> | null | undefined,
  given: { readonly hooks?: object },
): string[] {
  if (users === undefined) return [];
  const { find, authenticate } = users ?? {};
  const strangers: string[] = FOR_ACCOUNTS.filter((name) => name in given);
  if (given.hooks && 'user' in given.hooks) strangers.push('hooks.user');
  return [
    ...(typeof find === 'function' ? [] : ['users.find: Must be a function']),
    ...(authenticate === undefined || typeof authenticate === 'function'
      ? []
      : ['users.authenticate: Must be a function']),
    ...strangers.map((name) => `${name}: Means nothing where accounts are the host's`),
  ];
}
