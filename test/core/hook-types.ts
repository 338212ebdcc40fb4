import { type TaskAppHooks, veto } from '@taskapp/core';

// Compiled by `npm run check`: what is right compiles, what is wrong does not.

export const right: TaskAppHooks = {
  task: {
    beforeCreate: (_ctx, input) => ({ ...input, title: `${input.title}!` }),
    afterCreate: async ({ trx, actor }, task) => {
      await trx('audit').insert({ task: task.id, who: actor.kind });
    },
    beforeUpdate: async (_ctx, changes, current) => {
      if (current.status === 'DONE') veto('Done is done', { code: 'checklist.done', kind: 'conflict' });
      if (changes.title === undefined) return;
      return { ...changes, title: changes.title.trim() };
    },
    afterRemove: () => undefined,
  },
  tag: { beforeCreate: async () => {} },
  user: { afterCreate: ({ actor }) => void actor?.kind },
};

/** Each is wrong in one way. */
export const wrong: readonly TaskAppHooks[] = [
  // @ts-expect-error: no such status
  { task: { beforeUpdate: (_ctx, changes) => ({ ...changes, status: 'OPEN' }) } },
  // @ts-expect-error: the id cannot be replaced
  { task: { beforeUpdate: () => ({ id: 'x' }) } },
  // @ts-expect-error: nothing can be replaced any more
  { task: { afterCreate: (_ctx, task) => task } },
  // @ts-expect-error: nothing else can be removed instead
  { tag: { beforeRemove: async (_ctx, tag) => ({ id: tag.id }) } },
  // @ts-expect-error: no such hook
  { task: { beforeDelete: () => undefined } },
  // @ts-expect-error: no hooks for that
  { session: {} },
  // @ts-expect-error: nobody is the actor of a registration
  { user: { afterCreate: ({ actor }) => void actor.kind } },
];
