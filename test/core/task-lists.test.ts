import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { BoundServices } from '@taskapp/core';
import { problemsOf, refused } from '../support/factories.ts';
import { createWorld, SYSTEM, type World } from '../support/world.ts';

type ListInput = NonNullable<Parameters<BoundServices['tasks']['list']>[0]>;
type Lists = Pick<BoundServices['tasks'], 'list'>;

const SORTS = ['-createdAt', 'createdAt', '-dueDate', 'dueDate', '-priority', 'priority'] as const;
const STATUSES = ['TODO', 'IN_PROGRESS', 'DONE', 'CANCELLED'] as const;
const PRIORITIES = ['LOW', 'MEDIUM', 'HIGH', 'URGENT'] as const;
const SIZE = 47;
const DAY = 86_400_000;
const dayOf = (n: number) => (n % 5 === 0 ? null : new Date(Date.UTC(2030, 0, 1 + (n % 4))).toISOString());

let world: World;
let lister: Awaited<ReturnType<World['user']>>;
let tagId: string;
before(async () => {
  world = await createWorld();
  ({ user: lister, tagId } = await fill());
});

/** A user whose tasks repeat every sort value: eight creation times, four due dates or none. */
async function fill() {
  const user = await world.user();
  const { id } = await user.as.tags.create({ name: 'tagged' });
  const create = (n: number) => {
    const fields = { status: STATUSES[n % 4]!, priority: PRIORITIES[n % 3]!, dueDate: dayOf(n) };
    return user.as.tasks.create({ title: `task ${n}`, ...fields, ...(n % 7 === 0 && { tagIds: [id] }) });
  };
  await Promise.all(expected(() => true).map(create));
  const equal = "date_trunc('minute', now()) - (ascii(right(title, 1)) % 8) * interval '1 minute'";
  await world
    .db('taskapp.tasks')
    .where({ creator_id: user.id })
    .update({ created_at: world.db.raw(equal) });
  return { user, tagId: id };
}

const titles = ({ tasks }: { tasks: { title: string }[] }) => tasks.map(({ title }) => title);
const numbers = (found: string[]) => found.map((title) => Number(title.split(' ')[1])).sort((a, b) => a - b);
const expected = (matches: (n: number) => boolean) => Array.from({ length: SIZE }, (_, n) => n).filter(matches);

/** Follows the cursors from the first page to the last. */
async function walk(
  tasks: Lists,
  input: ListInput,
  between: (page: number) => Promise<unknown> = async () => undefined,
) {
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 100; page += 1) {
    const found = await tasks.list({ ...input, ...(cursor && { cursor }) });
    seen.push(...titles(found));
    if (found.pagination.nextCursor === null) return seen;
    cursor = found.pagination.nextCursor;
    await between(page);
  }
  throw new Error('The cursors do not end');
}

test('filters pick exactly their tasks, alone and together, and the total counts them', async () => {
  const cut = '2030-01-03T00:00:00Z';
  const due = (n: number) => (dayOf(n) === null ? Number.POSITIVE_INFINITY : Date.parse(dayOf(n)!));
  const cases: [ListInput, (n: number) => boolean][] = [
    [{}, () => true],
    [{ status: 'DONE' }, (n) => n % 4 === 2],
    [{ priority: 'LOW' }, (n) => n % 3 === 0],
    [{ tagId }, (n) => n % 7 === 0],
    [{ tagId: tagId.toUpperCase() }, (n) => n % 7 === 0],
    [{ dueBefore: cut }, (n) => due(n) < Date.parse(cut)],
    [{ dueAfter: cut }, (n) => due(n) >= Date.parse(cut) && dayOf(n) !== null],
    [{ dueAfter: cut, dueBefore: '2030-01-04T01:00:00+01:00' }, (n) => due(n) === Date.parse(cut)],
    [{ status: 'TODO', priority: 'LOW', tagId }, (n) => n % 84 === 0],
    [
      { status: 'TODO', dueBefore: cut, priority: 'HIGH' },
      (n) => n % 4 === 0 && n % 3 === 2 && due(n) < Date.parse(cut),
    ],
  ];
  for (const [filter, matches] of cases) {
    const want = expected(matches);
    const found = await lister.as.tasks.list({ ...filter, limit: 100 });
    assert.deepEqual(numbers(titles(found)), want, JSON.stringify(filter));
    assert.equal(found.pagination.total, want.length);
    assert.deepEqual(numbers(await walk(lister.as.tasks, { ...filter, limit: 3 })), want);
  }
});

test('every order is total, reverses, and is the same by page and by cursor', async () => {
  const tasks = lister.as.tasks;
  const whole = new Map<string, string[]>();
  for (const sort of SORTS) {
    const { tasks: rows, pagination } = await tasks.list({ sort, limit: 100 });
    assert.deepEqual([rows.length, pagination.nextCursor], [SIZE, null]);
    const keyOf = {
      createdAt: (n: number) => rows[n]!.createdAt.getTime(),
      dueDate: (n: number) => rows[n]!.dueDate?.getTime() ?? Number.POSITIVE_INFINITY,
      priority: (n: number) => PRIORITIES.indexOf(rows[n]!.priority),
    }[sort.replace('-', '') as 'createdAt'];
    const sign = sort.startsWith('-') ? -1 : 1;
    for (let n = 1; n < SIZE; n += 1) assert.ok(sign * (keyOf(n) - keyOf(n - 1) || 0) >= 0, `${sort} at ${n}`);
    whole.set(sort, titles({ tasks: rows }));
    const pages = await Promise.all([1, 2, 3, 4, 5].map((page) => tasks.list({ sort, limit: 10, page })));
    assert.deepEqual(pages.flatMap(titles), whole.get(sort), `${sort} by page`);
    for (const limit of [1, 4, 10])
      assert.deepEqual(await walk(tasks, { sort, limit }), whole.get(sort), `${sort} by ${limit}`);
  }
  for (const name of ['createdAt', 'dueDate', 'priority']) {
    assert.deepEqual(whole.get(name), whole.get(`-${name}`)!.toReversed());
  }
});

test('a walk meets every task exactly once while others come and go', async () => {
  const meet = async (sort: (typeof SORTS)[number]) => {
    const { user } = await fill();
    const stays = expected((n) => n % 6 !== 5);
    const { tasks } = await user.as.tasks.list({ limit: 100 });
    const leaving = tasks.filter(({ title }) => Number(title.split(' ')[1]) % 6 === 5);
    const change = async (page: number) => {
      const gone = leaving.pop();
      if (gone) await user.as.tasks.remove({ id: gone.id });
      await user.as.tasks.create({
        title: `late ${1000 + page}`,
        dueDate: dayOf(page),
        priority: PRIORITIES[page % 4]!,
      });
    };
    const seen = await walk(user.as.tasks, { sort, limit: 7 }, change);
    assert.equal(new Set(seen).size, seen.length, `${sort}: nothing twice`);
    const met = new Set(numbers(seen));
    assert.deepEqual(
      stays.filter((n) => !met.has(n)),
      [],
      `${sort}: nothing missed`,
    );
  };
  await Promise.all(SORTS.map(meet));
});

test('a cursor works for its caller, filter and order only, unedited', async () => {
  const { as } = lister;
  const input = { limit: 5, status: 'TODO' } as const;
  const cursor = (await as.tasks.list(input)).pagination.nextCursor!;
  const other = await world.user();
  const [body, signature] = cursor.split('.') as [string, string];
  const position = JSON.parse(Buffer.from(body, 'base64url').toString());
  const moved = Buffer.from(JSON.stringify(['2001-01-01T00:00:00.000Z', position[1]])).toString('base64url');
  const flipped = `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`;
  const bad: [Lists, ListInput][] = [
    [other.as.tasks, { ...input, cursor }],
    [world.app.as(SYSTEM).tasks, { ...input, cursor }],
    [as.tasks, { limit: 5, cursor }],
    [as.tasks, { ...input, status: 'DONE', cursor }],
    [as.tasks, { ...input, tagId, cursor }],
    [as.tasks, { ...input, sort: 'createdAt', cursor }],
    ...[
      `${moved}.${signature}`,
      `${body}.${flipped}`,
      body,
      `${body}.`,
      '.',
      '',
      'AAAA.AAAA',
      `${cursor}.x`,
      `${cursor}=`,
      `${cursor.replace('.', '!.')}`,
      cursor.toLowerCase(),
    ].map((edited): [Lists, ListInput] => [as.tasks, { ...input, cursor: edited }]),
  ];
  for (const [tasks, attempt] of bad) {
    assert.deepEqual(await problemsOf(tasks.list(attempt)), [
      'cursor: Does not belong to this list; start again without a cursor',
    ]);
  }
  const resumed = await as.tasks.list({ ...input, limit: 100, count: false, cursor });
  assert.deepEqual(titles(await as.tasks.list({ ...input, limit: 100 })).slice(5), titles(resumed));
  assert.deepEqual(await problemsOf(as.tasks.list({ cursor: 'x'.repeat(600) })), [
    'cursor: Too big: expected string to have <=512 characters',
  ]);
});

test('pages tell their place; beyond the end they are empty, beyond the limit refused', async () => {
  const { tasks } = lister.as;
  const { pagination } = await tasks.list({ page: 2, limit: 20 });
  assert.deepEqual(
    { ...pagination, nextCursor: typeof pagination.nextCursor },
    { page: 2, limit: 20, total: SIZE, totalPages: 3, nextCursor: 'string' },
  );
  const beyond = await tasks.list({ page: 5000, limit: 20 });
  assert.deepEqual(beyond, {
    tasks: [],
    pagination: { page: 5000, limit: 20, total: SIZE, totalPages: 3, nextCursor: null },
  });
  assert.deepEqual(await problemsOf(tasks.list({ page: 5001, limit: 20 })), [
    'page: Reaches to the 100000th task; use cursor beyond it',
  ]);
  const uncounted = await tasks.list({ count: false, limit: 1 });
  assert.deepEqual([uncounted.pagination.total, uncounted.pagination.totalPages], [null, null]);
  const cursor = uncounted.pagination.nextCursor!;
  const next = await tasks.list({ cursor, limit: 1 });
  assert.deepEqual([next.pagination.page, next.pagination.total], [null, SIZE]);
  assert.deepEqual(await problemsOf(tasks.list({ cursor, page: 1 })), ['page: Cannot be combined with cursor']);
  const nobody = await world.user();
  assert.deepEqual((await nobody.as.tasks.list()).pagination, {
    page: 1,
    limit: 20,
    total: 0,
    totalPages: 0,
    nextCursor: null,
  });
  for (const bad of [
    { page: 0 },
    { page: -1 },
    { page: 1.5 },
    { limit: 0 },
    { limit: 101 },
    { limit: Number.NaN },
    { page: '1' },
  ]) {
    await refused(tasks.list(bad as never), 'input.invalid');
  }
});

test('the system pages through the tasks of everybody', async () => {
  const { tasks } = world.app.as(SYSTEM);
  const { pagination } = await tasks.list({ limit: 1 });
  for (const sort of SORTS) {
    const seen = await walk(tasks, { sort, limit: 100, count: false });
    assert.equal(seen.length, pagination.total, sort);
  }
  const filtered = await tasks.list({ tagId, dueAfter: new Date(Date.UTC(2030, 0, 1) - DAY), limit: 100 });
  assert.equal(filtered.pagination.total, expected((n) => n % 7 === 0 && dayOf(n) !== null).length);
});
