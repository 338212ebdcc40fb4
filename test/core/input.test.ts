import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { contracts, fieldsOf, fromStrings, isTaskAppError } from '@taskapp/core';
import { problemsOf, refused } from '../support/factories.ts';
import { createWorld, PASSWORD, type TestUser, type World } from '../support/world.ts';

let world: World;
let ada: TestUser;
before(async () => {
  world = await createWorld();
  ada = await world.user();
});

const create = (fields: object) => ada.as.tasks.create({ title: 'task', ...fields } as never);
const register = (fields: object) =>
  world.app.auth.register({}, { email: 'x@example.com', password: PASSWORD, name: 'X', ...fields } as never);
const CHARACTERS = 'Contains characters that are not allowed';

test('lengths count characters as people see code points, after trimming and composing', async () => {
  const emoji = '😀';
  assert.equal((await create({ title: emoji.repeat(200) })).title, emoji.repeat(200));
  assert.equal((await create({ title: ` ${'e\u0301'.repeat(200)} ` })).title, '\u00e9'.repeat(200));
  assert.equal((await create({ description: emoji.repeat(5000) })).description?.length, 10_000);
  const tooLong: [Promise<unknown>, string][] = [
    [create({ title: emoji.repeat(201) }), 'title: Must be at most 200 characters'],
    [create({ description: 'x'.repeat(5001) }), 'description: Must be at most 5000 characters'],
    [ada.as.tags.create({ name: 'x'.repeat(51) }), 'name: Must be at most 50 characters'],
    [register({ name: 'x'.repeat(101) }), 'name: Must be at most 100 characters'],
    [register({ password: `A1${'x'.repeat(255)}` }), 'password: Password must be at most 256 characters'],
    [create({ tagIds: Array.from({ length: 21 }, () => crypto.randomUUID()) }), 'tagIds: At most 20 tags'],
  ];
  for (const [call, problem] of tooLong) assert.deepEqual(await problemsOf(call), [problem]);
});

test('what cannot be seen or stored is refused, what people write is kept', async () => {
  for (const bad of [
    '\0',
    'a\0b',
    '\u0007',
    '\u009f',
    '\ud800',
    'a\udc00b',
    '\ufffe',
    '\uffff',
    '\x7f',
    'a\tb',
    'a\nb',
    'a\rb',
  ]) {
    const escaped = JSON.stringify(bad);
    assert.deepEqual(await problemsOf(create({ title: `x${bad}` })), [`title: ${CHARACTERS}`], escaped);
    assert.deepEqual(await problemsOf(ada.as.tags.create({ name: `x${bad}` })), [`name: ${CHARACTERS}`], escaped);
    assert.deepEqual(await problemsOf(register({ name: `x${bad}` })), [`name: ${CHARACTERS}`], escaped);
    if (!/[\t\n\r]/.test(bad)) {
      assert.deepEqual(await problemsOf(create({ description: bad })), [`description: ${CHARACTERS}`], escaped);
    }
  }
  for (const bad of [`\0`, '\ud800']) {
    assert.deepEqual(await problemsOf(register({ password: `Password1${bad}` })), [`password: ${CHARACTERS}`]);
  }
  for (const blank of ['', ' ', '\u00a0\u2003', '\u200b\u2060\ufeff', '\u00ad']) {
    assert.deepEqual(await problemsOf(create({ title: blank })), ['title: Title is required'], JSON.stringify(blank));
  }
  const kept = 'Ünï \u202eרתל\u202c 👩‍👩‍👧 \u0e01\u0e34 Zażółć';
  assert.equal((await create({ title: kept })).title, kept.normalize('NFC'));
  const lines = 'one\n\ttwo\r\nthree';
  assert.equal((await create({ description: ` ${lines} ` })).description, lines);
  assert.equal((await create({ description: '' })).description, '');
});

test('addresses are addresses', async () => {
  const long = `${'x'.repeat(64)}@${'y'.repeat(60)}.${'z'.repeat(60)}.example.com`;
  assert.equal((await register({ email: long })).user.email, long);
  const bad = [
    '',
    'x',
    'x@',
    '@x.y',
    'x@y',
    'a b@x.yz',
    'x@y..z',
    `${'x'.repeat(65)}@example.com`,
    `x@${'y.'.repeat(130)}com`,
    5,
    null,
    {},
    'x@example.com\0',
  ];
  for (const email of bad) {
    const problems = await problemsOf(register({ email }));
    assert.deepEqual([...new Set(problems)], ['email: Invalid email address'], String(email));
  }
});

test('dates are points in time between 1970 and 9999, with an offset, kept to the millisecond', async () => {
  const good: [string | Date, string][] = [
    ['2030-01-31T09:00:00Z', '2030-01-31T09:00:00.000Z'],
    ['2030-01-31T09:00:00.123456+05:30', '2030-01-31T03:30:00.123Z'],
    ['2024-02-29T00:00:00-00:00', '2024-02-29T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    [new Date(1e12), new Date(1e12).toISOString()],
  ];
  for (const [dueDate, stored] of good) {
    const { id } = await create({ dueDate });
    assert.equal((await ada.as.tasks.get({ id })).dueDate?.toISOString(), stored);
  }
  const bad = [
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-10T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59-01:00',
    '+010000-01-01T00:00:00Z',
    '2024-01-01',
    '2024-01-01T00:00:00',
    '2024-06-30T23:59:60Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01 00:00:00Z',
    '2024-01-01T00:00:00+25:00',
    'tomorrow',
    '1',
    '',
    0,
    1e12,
    true,
    {},
    [],
    new Date(Number.NaN),
    new Date(-1),
    new Date(8.64e15),
  ];
  for (const dueDate of bad) {
    const problem = ['dueDate: Must be a date and time with an offset (RFC 3339)'];
    assert.deepEqual(await problemsOf(create({ dueDate })), problem, String(dueDate));
    assert.equal((await problemsOf(ada.as.tasks.list({ dueBefore: dueDate as never }))).length, 1, String(dueDate));
  }
});

test('unknown keys are named and nothing is done, whatever they are called', async () => {
  const { id } = await create({});
  const { createdAt: _created, ...before } = await ada.as.tasks.get({ id });
  const keys = [
    'userId',
    'creatorId',
    'workspace_id',
    'version',
    'completedAt',
    'titel',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
  ];
  for (const key of keys) {
    const call = ada.as.tasks.update({ id, title: 'new', [key]: 'x' } as never);
    assert.deepEqual(await problemsOf(call), [`${key}: Unrecognized key`]);
  }
  const polluted = JSON.parse('{"title":"x","__proto__":{"status":"DONE"}}');
  assert.deepEqual(await problemsOf(ada.as.tasks.create(polluted)), ['__proto__: Unrecognized key']);
  assert.equal(({} as { status?: string }).status, undefined);
  await refused(register({ role: 'ADMIN' }), 'input.invalid');
  await refused(ada.as.users.updateMe({ role: 'ADMIN' } as never), 'input.invalid');
  const { createdAt: _same, ...after } = await ada.as.tasks.get({ id });
  assert.deepEqual(after, before);
});

test('at most twenty problems are listed, and no refused value among them', async () => {
  const secret = 'hunter2-value';
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key${n}`, secret]));
  assert.equal((await problemsOf(create(many))).length, 20);
  const bad = {
    title: `${secret}\0`,
    description: 5,
    status: secret,
    priority: { secret },
    dueDate: secret,
    tagIds: [secret],
    workspaceId: secret,
  };
  const error: unknown = await create(bad).catch((reason: unknown) => reason);
  assert.ok(isTaskAppError(error) && error.problems?.length === 7);
  assert.doesNotMatch(JSON.stringify([error.message, error.problems, String(error.stack)]), /hunter2/);
  assert.deepEqual(await problemsOf(create({ status: 'todo' })), [
    'status: Invalid option: expected one of "TODO"|"IN_PROGRESS"|"DONE"|"CANCELLED"',
  ]);
  for (const input of ['text', 5, [], true]) await refused(ada.as.tasks.create(input as never), 'input.invalid');
  assert.deepEqual(await problemsOf(ada.as.tasks.create(undefined as never)), ['title: Title is required']);
});

test('strings become what a field asks for, and nothing that looks like it', async () => {
  const { list, create: creation } = contracts.tasks;
  const raw = { page: '2', limit: '10', count: 'false', status: 'DONE', cursor: '12' };
  assert.deepEqual(fromStrings(list.input, raw), { page: 2, limit: 10, count: false, status: 'DONE', cursor: '12' });
  for (const odd of ['', ' 1', '1e3', '0x10', '1.0', '01', '+1', 'NaN', 'Infinity', '9999999999999999', 'true', '1 ']) {
    assert.equal(fromStrings(list.input, { page: odd }).page, odd);
  }
  for (const odd of ['', '1', 'TRUE', 'yes']) assert.equal(fromStrings(list.input, { count: odd }).count, odd);
  assert.deepEqual(fromStrings(creation.input, { tagIds: 'a', title: '5', other: '1' }), {
    tagIds: ['a'],
    title: '5',
    other: '1',
  });
  assert.deepEqual(fromStrings(list.input, { page: ['1', '2'] }).page, ['1', '2']);
  assert.deepEqual(fieldsOf(creation.input).required, ['title']);
  assert.equal(fieldsOf(list.input).fields.limit?.default, 20);
});
