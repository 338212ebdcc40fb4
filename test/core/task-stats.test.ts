import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { problemsOf, refused } from '../support/factories.ts';
import { createWorld, SYSTEM, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

const HOUR = 3_600_000;
const dayIn = (timeZone: string, time: number) => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(time);

test('tasks are counted by status, priority and time, the own ones only', async () => {
  const [ada, bob] = [await world.user(), await world.user()];
  await bob.as.tasks.create({ title: 'Not hers' });
  const now = Date.now();
  const at = (hours: number) => new Date(now + hours * HOUR).toISOString();
  await ada.as.tasks.import({
    tasks: [
      { title: 'late', priority: 'URGENT', dueDate: at(-1) },
      { title: 'late and done', status: 'DONE', dueDate: at(-1), completedAt: at(0) },
      { title: 'soon', status: 'IN_PROGRESS', dueDate: new Date(now + 1000).toISOString() },
      { title: 'in a year', priority: 'LOW', dueDate: at(24 * 365) },
      { title: 'given up', status: 'CANCELLED', dueDate: at(-5) },
      { title: 'done long ago', status: 'DONE', completedAt: '2001-01-01T00:00:00Z' },
    ],
  });
  const { completed, ...counts } = await ada.as.tasks.stats({ timeZone: 'Europe/Berlin' });
  assert.deepEqual(counts, {
    total: 6,
    open: 3,
    byStatus: { TODO: 2, IN_PROGRESS: 1, DONE: 2, CANCELLED: 1 },
    byPriority: { LOW: 1, MEDIUM: 1, HIGH: 0, URGENT: 1 },
    overdue: 1,
    dueToday: 1,
    dueThisWeek: 1,
    timeZone: 'Europe/Berlin',
  });
  assert.deepEqual([completed.length, completed.at(-1)?.count], [14, 1]);
  assert.equal(
    completed.reduce((sum, { count }) => sum + count, 0),
    1,
  );
});

test('days begin and end where the time zone says', async () => {
  const { as } = await world.user();
  // Between the days of these two there are 25 hours, so that every moment is of different days.
  const [east, west] = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];
  const time = Date.now() - 30 * HOUR;
  await as.tasks.import({ tasks: [{ title: 'x', status: 'DONE', completedAt: new Date(time).toISOString() }] });
  for (const timeZone of [east, west]) {
    const { completed } = await as.tasks.stats({ timeZone, days: 4 });
    assert.equal(completed.length, 4);
    assert.deepEqual(
      completed.filter(({ count }) => count > 0),
      [{ date: dayIn(timeZone, time), count: 1 }],
      timeZone,
    );
  }
});

test('nothing is counted as zeros, and what is no zone or no workspace is refused', async () => {
  const [ada, bob] = [await world.user(), await world.user()];
  const { total, completed } = await ada.as.tasks.stats({ days: 1 });
  assert.deepEqual([total, completed.map(({ count }) => count)], [0, [0]]);
  for (const timeZone of ['Mars/Base', '+02:00', "UTC'; select 1", '']) {
    assert.deepEqual(await problemsOf(ada.as.tasks.stats({ timeZone })), [
      'timeZone: Must be the name of a time zone, like Europe/Berlin',
    ]);
  }
  const { workspaceId } = await bob.as.tasks.create({ title: 'x' });
  await refused(ada.as.tasks.stats({ workspaceId }), 'workspace.forbidden');
  assert.ok((await world.app.tasks.stats({ actor: SYSTEM })).total >= 1);
});
