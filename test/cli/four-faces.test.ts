import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type OperationId, operations } from '@taskapp/core';
import { type Face, openFaces, specOf } from '../support/faces.ts';
import { createWorld, PASSWORD, secrets, type TestUser, type World } from '../support/world.ts';

type Input = Readonly<Record<string, unknown>>;

const keys = secrets();
let world: World;
let faces: Face[];
/** An administrator with some data; whoever only reads is this one. */
let ada: TestUser;

before(async () => {
  world = await createWorld({ redis: null, secrets: keys });
  faces = await openFaces(world, {
    JWT_ACCESS_SECRET: keys.access,
    JWT_REFRESH_SECRET: keys.refresh,
    BCRYPT_COST: '4',
  });
  ada = await world.user({ role: 'ADMIN' });
  const home = await ada.as.tags.create({ name: 'home' });
  for (const title of ['Buy milk', 'Pay rent', 'Água']) {
    await ada.as.tasks.create({ title, tagIds: [home.id], dueDate: '2030-01-31T12:00:00.123Z', priority: 'HIGH' });
  }
});

const email = () => `made-${Math.random()}@example.com`;
const word = () => `word-${Math.random()}`;
const task = async (by = ada) => (await by.as.tasks.create({ title: 'One' })).id;
const tag = async () => (await ada.as.tags.create({ name: word() })).id;
const account = () => ({ email: email(), name: 'New', password: PASSWORD });

/** What is called with, made anew for each face; those that take nothing and change nothing have no entry. */
const SCENES: Readonly<Partial<Record<OperationId, (user: TestUser) => Promise<Input> | Input>>> = {
  'auth.register': account,
  'auth.login': (user) => ({ email: user.email, password: PASSWORD }),
  'auth.refresh': ({ refreshToken }) => ({ refreshToken }),
  'auth.logout': ({ refreshToken }) => ({ refreshToken }),
  'auth.revokeSession': async (user) => ({ id: (await user.as.auth.sessions()).sessions[0]?.id }),
  'auth.changePassword': () => ({ currentPassword: PASSWORD, newPassword: `${PASSWORD}4` }),
  'users.updateMe': () => ({ name: 'Ada Lovelace' }),
  'users.removeMe': () => ({ currentPassword: PASSWORD }),
  'users.list': () => ({ limit: 5 }),
  'users.create': account,
  'users.get': () => ({ id: ada.id }),
  'users.update': async () => ({ id: (await world.user()).id, role: 'ADMIN', disabled: false }),
  'users.remove': async () => ({ id: (await world.user()).id }),
  'sessions.list': () => ({ id: ada.id }),
  'sessions.revoke': async () => ({ id: (await world.user()).id }),
  'tasks.list': () => ({ limit: 2, sort: '-dueDate', status: 'TODO' }),
  'tasks.create': async () => ({ title: 'Água & "milk"', description: 'a\nb', priority: 'LOW', tagIds: [await tag()] }),
  'tasks.get': async () => ({ id: (await ada.as.tasks.list({ sort: 'createdAt' })).tasks[0]?.id }),
  'tasks.update': async (user) => ({ id: await task(user), status: 'DONE', dueDate: null, description: '-x' }),
  'tasks.remove': async (user) => ({ id: await task(user) }),
  'tasks.import': () => ({ tasks: [{ title: word(), tags: [{ name: 'home' }] }, { title: word() }] }),
  'tasks.stats': () => ({ days: 3, timeZone: 'Pacific/Auckland' }),
  'tasks.quickAdd': () => ({ text: 'Pay rent 2030-02-01 #home !high' }),
  'tasks.previewQuickAdd': () => ({ text: 'Pay rent 2030-02-01 #home !high' }),
  'tags.create': () => ({ name: word(), color: '#ff0000' }),
  'tags.get': async () => ({ id: (await ada.as.tags.list({})).tags[0]?.id }),
  'tags.update': async () => ({ id: await tag(), color: '#00ff00' }),
  'tags.remove': async () => ({ id: await tag() }),
  'events.list': () => ({ limit: 5 }),
};

/** Of these everybody makes their own call, with a user of their own: they end what the caller is. */
const ENDING: readonly string[] = ['auth.', 'users.updateMe', 'users.removeMe', 'sessions.revokeAll'];
const isLast = ({ id }: { id: string }) => Number(id === 'sessions.revokeAll');
/** Whoever ends all sessions ends those of all others. */
const LAST_ONES_LAST = [...operations].sort((left, right) => isLast(left) - isLast(right));
/** The session of the call is another one for each face, and on a database there is none. */
const OWN_SESSION: readonly string[] = ['current', 'lastUsedAt', 'accessToken', 'refreshToken', 'revoked'];

/** What was made for one call alone does not count: ids, times and made-up words. */
const mask = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, part) => (OWN_SESSION.includes(key) ? undefined : part))
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
      .replaceAll(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, (time) => (time.startsWith('203') ? time : '<time>'))
      .replaceAll(/(made|user|word)-[-\w.<>]+(@example\.com)?/g, '<made>'),
  );

interface Imported {
  readonly results?: readonly { readonly outcome: string }[];
  readonly created?: number;
}

/** A terminal tells how many tasks were made, and not which ones. */
const countsOf = ({ results, created }: Imported) => ({
  created: results?.filter(({ outcome }) => outcome === 'created').length ?? created,
});

/** Lists have no name and no pagination in a terminal. */
const plain = (id: OperationId, value: unknown): unknown => {
  if (id === 'tasks.import') return countsOf(value as Imported);
  const { output } = specOf(id);
  if (output.kind !== 'list' || Array.isArray(value)) return value;
  return (value as Readonly<Record<string, unknown>>)[output.key] ?? value;
};

test('an operation refuses the same through all four faces', async () => {
  const nobody = '00000000-0000-7000-8000-000000000000';
  const grace = await world.user();
  const refusals: [OperationId, Input, TestUser][] = [
    ...operations
      .filter(({ http }) => http.includes(':id'))
      .map(({ id }) => [id, { id: nobody }, id.startsWith('auth.') ? grace : ada] as [OperationId, Input, TestUser]),
    ['tasks.create', { title: '', priority: 'LOW' }, grace],
    ['tasks.list', { limit: 1000 }, grace],
    ['tags.create', { name: 'home', color: 'red' }, grace],
    ['tags.create', { name: 'HOME' }, ada],
    ['users.list', {}, grace],
    ['tasks.get', { id: (await ada.as.tasks.list({})).tasks[0]?.id ?? '' }, grace],
    ['auth.login', { email: grace.email, password: 'Wrong12345' }, grace],
  ];
  for (const [id, input, user] of refusals) {
    const answers: unknown[] = [];
    for (const face of faces) answers.push(await face.call(id, input, user));
    assert.ok((answers[0] as { refused?: string }).refused, `${id} ${JSON.stringify(answers[0])}`);
    for (const [at, answer] of answers.entries()) assert.deepEqual(answer, answers[0], `${id}: ${faces[at]?.name}`);
  }
});

test('and it answers the same', async () => {
  for (const { id, http, access } of LAST_ONES_LAST) {
    const isRead = http.startsWith('GET ');
    const scene = SCENES[id] ?? (isRead || specOf(id).required.length === 0 ? () => ({}) : undefined);
    assert.ok(scene, `Say in this test how ${id} is called`);
    const answers: unknown[] = [];
    for (const face of faces) {
      const user = ENDING.some((prefix) => id.startsWith(prefix))
        ? await world.user({ role: access === 'admin' ? 'ADMIN' : 'USER' })
        : ada;
      const answer = plain(id, await face.call(id, await scene(user), user));
      assert.ok(
        !(answer && typeof answer === 'object' && 'refused' in answer),
        `${face.name} ${id}: ${JSON.stringify(answer)}`,
      );
      answers.push(
        isRead && !id.startsWith('auth.') ? mask({ exact: JSON.stringify(answer, leaveOut) }) : mask(answer),
      );
    }
    for (const [at, answer] of answers.entries()) assert.deepEqual(answer, answers[0], `${id}: ${faces[at]?.name}`);
  }
});

const leaveOut = (key: string, part: unknown): unknown => (OWN_SESSION.includes(key) ? undefined : part);
