import type { TaskView } from '@taskapp/core';
import type { InputOf, OutputOf, TaskClient } from '@taskapp/http/client';

// Compiled by `npm run check` and by client-bundle.test.ts, never run: what must not compile is marked.

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_proof: Same<A, B>): void => undefined;

/** Results are those of the library, times included. */
export async function checkResults(client: TaskClient): Promise<void> {
  const task = await client.tasks.create({ title: 'x' });
  same<typeof task, TaskView>(true);
  same<typeof task.dueDate, Date | null>(true);
  same<OutputOf<'tasks.get'>, TaskView>(true);
  same<OutputOf<'auth.logout'>, void>(true);
  const { data, etag } = await client.send('tasks.get', { id: task.id });
  same<typeof data, TaskView>(true);
  same<typeof etag, string | undefined>(true);
  for await (const item of client.tasks.list.all({ status: 'TODO' })) same<typeof item, TaskView>(true);
  for await (const page of client.users.list.pages()) same<typeof page.pagination.total, number>(true);
  // @ts-expect-error a task has no such field
  task.done;
  // @ts-expect-error logging out answers nothing
  (await client.auth.logout()).user;
  // @ts-expect-error a list without pages is not read page by page
  client.tags.list.all();
}

/** Inputs are those of the library; `options` come behind them. */
export async function checkInputs(client: TaskClient, signal: AbortSignal): Promise<void> {
  await client.users.me();
  await client.users.me({}, { signal });
  await client.tasks.create({ title: 'x', dueDate: '2027-01-31T09:00:00Z' }, { idempotencyKey: 'k' });
  await client.tasks.update({ id: 'x', description: null }, { ifMatch: 3 });
  await client.call('tasks.list', { limit: 5 });
  same<InputOf<'tasks.get'>, { id: string }>(true);
  // @ts-expect-error the input is missing
  await client.tasks.create();
  // @ts-expect-error the title is missing
  await client.tasks.create({ status: 'TODO' });
  // @ts-expect-error there is no such field
  await client.tasks.create({ title: 'x', done: true });
  // @ts-expect-error there is no such status
  await client.tasks.create({ title: 'x', status: 'OPEN' });
  // @ts-expect-error a list has no such order
  client.tasks.list.all({ sort: 'title' });
  // @ts-expect-error there is no such option
  await client.users.me({}, { abort: signal });
  // @ts-expect-error there is no such operation
  await client.call('tasks.archive', { id: 'x' });
  // @ts-expect-error nor here
  await client.tasks.archive({ id: 'x' });
  // @ts-expect-error the input of another operation
  await client.call('tags.create', { title: 'x' });
}
