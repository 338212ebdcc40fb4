import type { createTaskApp } from '@taskapp/core';
import { BIG } from '../world/crowd.ts';
import { idOf } from '../world/data.ts';

type App = ReturnType<typeof createTaskApp>;
type TaskList = Parameters<App['tasks']['list']>[1];

/** A list as somebody asks for it. */
export interface ListCall {
  readonly name: string;
  readonly caller: 'user' | 'system';
  readonly run: (app: App) => Promise<unknown>;
}

const SORTS = ['-createdAt', 'createdAt', '-dueDate', 'dueDate', '-priority', 'priority'] as const;
const [dueAfter, dueBefore] = [new Date('2027-02-01'), new Date('2027-02-08')];

/** Each filter alone, some together, and one that nothing matches. */
const FILTERS: readonly TaskList[] = [
  {},
  { status: 'DONE' },
  { priority: 'URGENT' },
  { tagId: idOf('tag', BIG, 1) },
  { dueBefore },
  { dueAfter },
  { dueAfter, dueBefore },
  { status: 'TODO', dueBefore },
  { status: 'DONE', priority: 'HIGH' },
  { status: 'DONE', priority: 'LOW' },
  { status: 'DONE', tagId: idOf('tag', BIG, 1) },
  { status: 'DONE', priority: 'HIGH', dueAfter, dueBefore, tagId: idOf('tag', BIG, 1) },
];

const system = { actor: { kind: 'system', reason: 'bench' } } as const;
const owner = {
  actor: { kind: 'user', userId: idOf('user', BIG), sessionId: idOf('session', BIG), role: 'USER' },
} as const;

/** Every list with every filter and order that it offers, as its first page, a later one and one by cursor. */
export async function callsOf(app: App): Promise<ListCall[]> {
  const calls: ListCall[] = [];
  for (const [caller, ctx] of [
    ['user', owner],
    ['system', system],
  ] as const) {
    for (const filter of FILTERS) {
      for (const sort of SORTS) {
        const page = (more: TaskList) => ({
          caller,
          name: `tasks ${caller} ${sort} ${JSON.stringify({ ...filter, ...more }).slice(0, 150)}`,
          run: (app: App) => app.tasks.list(ctx, { sort, ...filter, ...more }),
        });
        const { nextCursor } = (await app.tasks.list(ctx, { sort, ...filter, page: 3 })).pagination;
        calls.push(page({}), page({ page: 3 }), ...(nextCursor ? [page({ cursor: nextCursor })] : []));
      }
    }
    calls.push({ caller, name: `tags ${caller}`, run: (app) => app.tags.list(ctx) });
  }
  return [...calls, ...(await adminCalls(app))];
}

const EVENTS: readonly Parameters<App['events']['list']>[1][] = [
  {},
  { type: 'task.updated' },
  { type: 'task.removed' },
  { type: 'user.removed' },
  { workspaceId: idOf('workspace', BIG) },
  { workspaceId: idOf('workspace', BIG), type: 'task.removed' },
  { entityId: idOf('task', BIG, 1) },
];

async function adminCalls(app: App): Promise<ListCall[]> {
  const calls: ListCall[] = [];
  for (const filter of EVENTS) {
    const { nextCursor } = (await app.events.list(system, filter)).pagination;
    for (const cursor of nextCursor ? [undefined, nextCursor] : [undefined]) {
      const name = `events ${JSON.stringify(filter)}${cursor ? ' by cursor' : ''}`;
      calls.push({ caller: 'system', name, run: (app) => app.events.list(system, { ...filter, cursor }) });
    }
  }
  for (const input of [{}, { page: 20 }, { email: 'u1@example.com' }]) {
    calls.push({
      caller: 'system',
      name: `users ${JSON.stringify(input)}`,
      run: (app) => app.users.list(system, input),
    });
  }
  return calls;
}
