import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { drawStats } from '../../packages/cli/src/stats/charts.ts';
import { createCli } from '../support/cli.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let cli: ReturnType<typeof createCli>;

before(async () => {
  world = await createWorld({ redis: null });
  cli = createCli(world.url);
});

test('stats are one value for programs, and charts for people that fit their terminal', async () => {
  const { as, email } = await world.user();
  await as.tasks.import({
    tasks: [
      ...Array.from({ length: 8 }, (_, at) => ({ title: `T${at}`, priority: 'HIGH' as const })),
      { title: 'done', status: 'DONE' },
      { title: 'late', dueDate: '2001-01-01T00:00:00Z' },
    ],
  });
  for (const noun of [[], ['task']]) {
    const { code, json } = await cli(
      ...noun,
      'stats',
      '--as',
      email,
      '--days',
      '3',
      '--tz',
      'Europe/Berlin',
      '-o',
      'json',
    );
    assert.equal(code, 0);
    const { total, open, overdue, timeZone, completed } = json<{ completed: object[] } & Record<string, unknown>>();
    assert.deepEqual([total, open, overdue, timeZone, completed.length], [10, 9, 1, 'Europe/Berlin', 3]);
  }
  const plain = (await cli('stats', '--as', email)).stdout;
  assert.match(plain, /^10 tasks, 9 open: 1 overdue, 0 due today, 0 due this week\n/);
  assert.match(plain, /\n {2}TODO +9 {2}#{40}\n/);
  assert.match(plain, /^[\x20-\x7e\n]+$/);
  const env = { LANG: 'en_US.UTF-8' };
  const narrow = (await cli({ env, columns: 30 }, 'stats', '--as', email)).stdout;
  assert.match(narrow, /TODO +9 {2}█+\n/);
  assert.ok(
    narrow
      .split('\n')
      .slice(2)
      .every((line) => [...line].length <= 30 || line.startsWith('Done in')),
    narrow,
  );
  assert.match((await cli({ env }, 'stats', '--ascii', '--as', email)).stdout, /TODO +9 {2}#+\n/);
  assert.equal((await cli('stats', '--days', '0', '--as', email)).code, 2);
  assert.equal((await cli('stats', '--time-zone', 'Mars/Base', '--as', email)).code, 2);
});

test('a bar is as long as its number, to an eighth, and what is not nothing is seen', () => {
  const none = { total: 0, open: 0, overdue: 0, dueToday: 0, dueThisWeek: 0, timeZone: 'UTC', byPriority: {} };
  const byStatus = { A: 400, B: 200, C: 1, D: 0 };
  const stats = { ...none, byStatus, byPriority: { LOW: 0 }, completed: [{ date: '2027-01-31', count: 0 }] };
  const lines = drawStats(stats, { width: 80, isPlain: false }).split('\n').slice(3, 7);
  assert.deepEqual(lines, [`  A  400  ${'█'.repeat(40)}`, `  B  200  ${'█'.repeat(20)}`, '  C    1  ▏', '  D    0']);
});

test('a watched list is shown anew until Ctrl-C, and the screen is as before then', async () => {
  const { as, email } = await world.user();
  const ending = new AbortController();
  const running = cli({ columns: 100, signal: ending.signal }, 'ls', '--watch', '0.5', '--as', email);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await as.tasks.create({ title: 'Came later' });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  ending.abort('SIGINT');
  const { code, stdout, stderr } = await running;
  assert.deepEqual([code, stderr], [130, '']);
  assert.ok(stdout.startsWith('\u001b[?1049h\u001b[?25l') && stdout.endsWith('\u001b[?25h\u001b[?1049l'));
  const frames = stdout.split('\u001b[H\u001b[2J').slice(1);
  assert.ok(frames.length >= 3, String(frames.length));
  assert.match(frames[0] ?? '', /No tasks/);
  assert.match(frames.at(-1) ?? '', /Came later/);
});

test('nobody watches a pipe, a file or a format for programs', async () => {
  const { email } = await world.user();
  assert.match((await cli('ls', '--watch', '--as', email)).stderr, /--watch is for tables on a terminal/);
  assert.equal((await cli({ columns: 80 }, 'ls', '--watch', '-o', 'json', '--as', email)).code, 2);
  assert.equal((await cli({ columns: 80 }, 'ls', '--watch', '0', '--as', email)).code, 2);
});
