import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createCli } from '../support/cli.ts';
import { createWorld, secrets, type TestUser, type World } from '../support/world.ts';

let world: World;
let user: TestUser;
let cli: ReturnType<typeof createCli>;
before(async () => {
  world = await createWorld({ redis: null });
  user = await world.user();
  cli = createCli(world.url, { env: { TASKCTL_AS: user.email, TASKCTL_TZ: 'Asia/Kolkata', BCRYPT_COST: '4' } });
});

const titles = async () => (await user.as.tasks.list({ sort: 'createdAt' })).tasks.map(({ title }) => title);

test('a line is read on the clock of the person who types it, and options win over it', async () => {
  const run = await cli('add', 'Pay rent on 3 March 2031 9am', '#home', '!high', '--json');
  const { title, dueDate, priority, tags } = run.json<{ tags: { name: string }[]; [field: string]: unknown }>();
  assert.deepEqual([title, dueDate, priority], ['Pay rent', '2031-03-03T03:30:00.000Z', 'HIGH']);
  assert.deepEqual(
    tags.map(({ name }) => name),
    ['home'],
  );
  const other = await cli(
    'add',
    'Pay on 3 March 2031 !high',
    '--priority',
    'low',
    '--due-date',
    '2032-01-01',
    '--json',
  );
  assert.deepEqual([other.json().priority, other.json().dueDate], ['LOW', '2031-12-31T18:30:00.000Z']);
  const there = await cli('add', 'Call on 3 March 2031', '--tz', 'UTC', '--json');
  assert.equal(there.json().dueDate, '2031-03-03T00:00:00.000Z');
  const nothing = await cli('add', 'tomorrow');
  assert.deepEqual([nothing.code, nothing.stdout], [2, '']);
  assert.match(nothing.stderr, /<text>: Leaves no title/);
});

test('a preview tells what would become of a line, and a dry run what would come of a change', async () => {
  const before = await titles();
  const preview = await cli('add', 'Water plants #garden p1', '--preview', '--json');
  assert.deepEqual(preview.json(), {
    ...{ title: 'Water plants', description: null, priority: 'URGENT', dueDate: null },
    tags: [{ id: null, name: 'garden' }],
    parts: [
      { field: 'tags', text: '#garden' },
      { field: 'priority', text: 'p1' },
    ],
  });
  const trial = await cli('add', 'Water plants #garden', '--dry-run', '--json');
  assert.deepEqual(
    [trial.code, trial.json().title, trial.stderr],
    [0, 'Water plants', 'A dry run: nothing was changed\n'],
  );
  const { id } = await user.as.tasks.create({ title: 'Stays' });
  const removal = await cli('rm', id, '--dry-run', '--quiet', '-o', 'ids');
  assert.deepEqual([removal.code, removal.stdout, removal.stderr], [0, `${id}\n`, '']);
  const refusal = await cli('task', 'update', id, '--title', '', '--dry-run');
  assert.equal(refusal.code, 2);
  assert.deepEqual(await titles(), [...before, 'Stays']);
  assert.ok(!(await user.as.tags.list()).tags.some(({ name }) => name === 'garden'));
  const remote = await cli(
    { env: { TASKCTL_AS: '', TASKCTL_TOKEN: 'x' } },
    'rm',
    id,
    '--dry-run',
    '--url',
    'http://127.0.0.1:1',
  );
  assert.deepEqual([remote.code, remote.stdout], [2, '']);
  assert.match(remote.stderr, /--dry-run works on a database/);
});

test('a change that is named by a key is made once', async () => {
  const before = await titles();
  const { access, refresh } = secrets();
  const env = { JWT_ACCESS_SECRET: access, JWT_REFRESH_SECRET: refresh };
  const once = () => cli({ env }, 'add', 'Only once', '--idempotency-key', 'k-1', '--json');
  const [first, second] = [await once(), await once()];
  assert.deepEqual(second.json(), first.json());
  assert.deepEqual(await titles(), [...before, 'Only once']);
  const other = await cli({ env }, 'add', 'Something else', '--idempotency-key', 'k-1');
  assert.deepEqual([other.code, other.stdout], [2, '']);
  const secretless = await cli('add', 'Only once', '--idempotency-key', 'k-1');
  assert.match(secretless.stderr, /Keys are kept with the secrets of the server/);
  const both = await cli('done', String(first.json().id), '00000000', '--idempotency-key', 'k-2');
  assert.match(both.stderr, /--idempotency-key names one change/);
});

test('what is nearly right is asked back', async () => {
  await user.as.tags.create({ name: 'Errand' });
  const run = await cli('ls', '--tag', 'erand');
  assert.deepEqual([run.code, run.stdout], [2, '']);
  assert.match(run.stderr, /--tag(-id)?: Nothing is called "erand". Did you mean "Errand"\?/);
  assert.doesNotMatch((await cli('ls', '--tag', 'zzzzzz')).stderr, /Did you mean/);
});

test('what cannot be taken back is asked for at a terminal, and nothing is asked where that is not wanted', async () => {
  const victim = async () => (await world.user()).email;
  const ask = (typed: string[], ...argv: string[]) =>
    cli({ typed, env: { TASKCTL_AS: '' } }, 'user', 'remove', ...argv);
  const kept = await victim();
  assert.equal((await ask(['n'], kept)).code, 3);
  assert.equal((await ask(['y'], kept)).code, 0);
  assert.equal((await ask([], await victim(), '--no-input')).code, 0);
  assert.equal((await ask([], await victim(), '--yes')).code, 0);
  const missing = await cli({ typed: [] }, 'auth', 'change-password', '--no-input');
  assert.deepEqual([missing.code, missing.stdout], [2, '']);
  assert.match(missing.stderr, /--current-password-stdin and --new-password-stdin required/);
});
