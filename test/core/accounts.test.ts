import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { before, test } from 'node:test';
import { createTaskApp, type TaskAppOptions } from '@taskapp/core';
import bcrypt from 'bcryptjs';
import { atEnd } from '../support/cleanup.ts';
import { blockedBackend, codeOf, eventsOf, hostTransaction, problemsOf, refused, tally } from '../support/factories.ts';
import { createWorld, PASSWORD, SYSTEM, secrets, UNTHROTTLED, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld({ passwords: { cost: 4, maxQueue: 1000 }, throttle: UNTHROTTLED });
});

const name = 'Ada';
let sequence = 0;
const newEmail = () => `account-${++sequence}@Example.com`;
const secondApp = (options: Partial<TaskAppOptions> = {}) => {
  const { db, redis } = world;
  const app = createTaskApp({
    db,
    redis,
    secrets: secrets(),
    passwords: { cost: 4 },
    throttle: UNTHROTTLED,
    ...options,
  });
  atEnd(app.close);
  return app;
};
const countOf = async (table: string) => Number((await world.db(`taskapp.${table}`).count({ n: '*' }))[0]?.n);
const hashOf = (id: string): Promise<string[]> => world.db('taskapp.users').where({ id }).pluck('password_hash');

test('an account comes with a workspace and a session, and shows nothing of its password', async () => {
  const { app, db } = world;
  const email = newEmail();
  const given = { email: ` ${email} `, password: PASSWORD, name: ' Ada  Lovelace ' };
  const signedIn = await app.auth.register({ ip: '10.1.1.1', userAgent: 'test', requestId: 'r-1' }, given);
  assert.deepEqual(Object.keys(signedIn).sort(), ['accessToken', 'refreshToken', 'user']);
  const { id } = signedIn.user;
  assert.deepEqual(signedIn.user, { id, email, name: 'Ada  Lovelace', role: 'USER' });
  const { workspace, actor } = await app.access.authenticate(app.access.verify(signedIn.accessToken));
  assert.deepEqual(actor, { kind: 'user', userId: id, role: 'USER', sessionId: actor.sessionId });
  const members = await db('taskapp.members').where({ user_id: id }).select('workspace_id', 'role');
  assert.deepEqual(members, [{ workspace_id: workspace.id, role: 'OWNER' }]);
  const [event] = await eventsOf(db, id);
  assert.deepEqual([event?.type, event?.actor_kind, event?.request_id], ['user.created', 'anonymous', 'r-1']);
  assert.deepEqual(event?.changes.email, { to: email });
  assert.match((await hashOf(id))[0]!, /^\$tk1\$\$2b\$04\$/);
});

test('a registration that is cut off leaves nothing', async (t) => {
  const { app, db } = world;
  const tables = ['users', 'workspaces', 'members', 'sessions', 'events'];
  const counts = () => Promise.all(tables.map(countOf));
  const before = await counts();
  const blocker = await hostTransaction(t, db);
  await blocker.raw('lock table taskapp.sessions in access exclusive mode');
  const cut = codeOf(app.auth.register({}, { email: newEmail(), password: PASSWORD, name }));
  await db.raw('select pg_terminate_backend(?)', [await blockedBackend(db)]);
  await blocker.rollback();
  assert.equal(await cut, 'database.unavailable');
  assert.deepEqual(await counts(), before);
});

test('of parallel registrations of one address in any case one succeeds', async () => {
  const email = newEmail();
  const spellings = [email, email.toUpperCase(), email.toLowerCase(), ` ${email}`];
  const calls = Array.from({ length: 50 }, (_, n) =>
    codeOf(world.app.auth.register({}, { email: spellings[n % 4]!, password: PASSWORD, name })),
  );
  assert.deepEqual(tally(await Promise.all(calls)), { ok: 1, 'user.email_taken': 49 });
});

test('unknown, wrong and locked answer alike, and take alike long', async () => {
  const app = secondApp({ passwords: { cost: 9 } });
  const { user } = await app.auth.register({}, { email: newEmail(), password: PASSWORD, name });
  const locked = await app.auth.register({}, { email: newEmail(), password: PASSWORD, name });
  await app.users.update({ actor: SYSTEM }, { id: locked.user.id, disabled: true });
  const broken = await app.auth.register({}, { email: newEmail(), password: PASSWORD, name });
  await world.db('taskapp.users').where({ id: broken.user.id }).update({ password_hash: '$tk1$$2b$09$broken' });
  const attempts = {
    unknown: { email: newEmail(), password: PASSWORD },
    wrong: { email: user.email, password: 'Password124' },
    locked: { email: locked.user.email, password: PASSWORD },
    broken: { email: broken.user.email, password: PASSWORD },
    long: { email: user.email, password: 'x'.repeat(256) },
  };
  const times = new Map<string, number[]>();
  for (let round = 0; round < 10; round += 1) {
    for (const [kind, input] of Object.entries(attempts)) {
      const start = performance.now();
      const { message } = await refused(app.auth.login({}, input), 'auth.credentials_invalid');
      assert.equal(message, 'Invalid email or password');
      times.set(kind, [...(times.get(kind) ?? []), performance.now() - start]);
    }
  }
  const medians = [...times.values()].map((values) => values.sort((a, b) => a - b)[5]!);
  assert.ok(Math.max(...medians) < 2 * Math.min(...medians), `medians in ms: ${medians}`);
});

test('every byte of a long password counts, and equivalent spellings are one password', async () => {
  const { app } = world;
  const base = `A1${'x'.repeat(70)}`;
  const email = newEmail();
  await app.auth.register({}, { email, password: `${base}yes`, name });
  await refused(app.auth.login({}, { email, password: `${base}no!` }), 'auth.credentials_invalid');
  await refused(app.auth.login({}, { email, password: base }), 'auth.credentials_invalid');
  await app.auth.login({}, { email: email.toUpperCase(), password: `${base}yes` });

  const composed = newEmail();
  await app.auth.register({}, { email: composed, password: 'Caf\u00e9 123 \ufb01n', name });
  await app.auth.login({}, { email: composed, password: 'Cafe\u0301 123 fin' });
  await refused(app.auth.login({}, { email: composed, password: 'Cafe 123 fin' }), 'auth.credentials_invalid');
});

test('an imported bcrypt hash works, and is replaced at the next login, also by logins at once', async () => {
  const { app, db } = world;
  const imported = async (password: string, hash = bcrypt.hashSync(password, 4)) => {
    const { user } = await app.auth.register({}, { email: newEmail(), password: PASSWORD, name });
    await db('taskapp.users').where({ id: user.id }).update({ password_hash: hash });
    return user;
  };
  const { id, email } = await imported('short');
  await refused(app.auth.login({}, { email, password: 'wrong' }), 'auth.credentials_invalid');
  assert.match((await hashOf(id))[0]!, /^\$2b\$04\$/);
  const logins = Array.from({ length: 8 }, () => codeOf(app.auth.login({}, { email, password: 'short' })));
  assert.deepEqual(tally(await Promise.all(logins)), { ok: 8 });
  assert.match((await hashOf(id))[0]!, /^\$tk1\$\$2b\$04\$/);
  await app.auth.login({}, { email, password: 'short' });

  const truncated = await imported('x'.repeat(72));
  await refused(app.auth.login({}, { email: truncated.email, password: 'x'.repeat(73) }), 'auth.credentials_invalid');
  const text = createHmac('sha384', 'taskapp password').update(PASSWORD).digest('base64');
  const cheaper = await imported(PASSWORD, `$tk1$${bcrypt.hashSync(text, 6)}`);
  await app.auth.login({}, { email: cheaper.email, password: PASSWORD });
  assert.match((await hashOf(cheaper.id))[0]!, /^\$tk1\$\$2b\$04\$/, 'another cost');
});

test('all rules that a password breaks are named, by the policy that is set', async () => {
  const register = (app: World['app'], password: string) =>
    app.auth.register({}, { email: newEmail(), password, name });
  assert.deepEqual(await problemsOf(register(world.app, 'short')), [
    'password: Password must be at least 8 characters',
    'password: Password must contain an uppercase letter',
    'password: Password must contain a number',
  ]);
  await register(world.app, 'Password1');
  await register(world.app, `A1${'\u{1f511}'.repeat(254)}`);
  assert.deepEqual(await problemsOf(register(world.app, `A1${'\u{1f511}'.repeat(255)}`)), [
    'password: Password must be at most 256 characters',
  ]);
  assert.deepEqual(await problemsOf(register(world.app, 'A1\u{1f511}\u{1f511}\u{1f511}')), [
    'password: Password must be at least 8 characters',
  ]);
  const nist = secondApp({ passwords: { cost: 4, policy: 'nist' } });
  assert.deepEqual(await problemsOf(register(nist, 'Password123')), [
    'password: Password must be at least 15 characters',
  ]);
  const { user, accessToken } = await register(nist, 'only small letters');
  const { actor } = await nist.access.authenticate(nist.access.verify(accessToken));
  const change = (newPassword: string) =>
    nist.as(actor).auth.changePassword({ currentPassword: 'only small letters', newPassword });
  assert.deepEqual(await problemsOf(change('Password123')), ['newPassword: Password must be at least 15 characters']);
  await change('also small letters');
  const created = { email: newEmail(), name, password: 'Password123' };
  assert.equal((await problemsOf(nist.users.create({ actor: SYSTEM }, created))).length, 1);
  await nist.auth.login({}, { email: user.email, password: 'also small letters' });
});

test('a full queue of hashes refuses for a moment and harms nothing', async () => {
  const app = secondApp({ passwords: { cost: 8, workers: 1, maxQueue: 2 } });
  const registered = await world.app.auth.register({}, { email: newEmail(), password: PASSWORD, name });
  const flood = Array.from({ length: 12 }, () =>
    codeOf(app.auth.register({}, { email: newEmail(), password: PASSWORD, name })),
  );
  const logins = Array.from({ length: 6 }, (_, n) =>
    codeOf(app.auth.login({}, { email: n % 2 ? registered.user.email : newEmail(), password: PASSWORD })),
  );
  const outcomes = tally([...(await Promise.all(flood)), ...(await Promise.all(logins))]);
  assert.ok((outcomes['auth.overloaded'] ?? 0) > 0, JSON.stringify(outcomes));
  await refused(app.auth.login({}, { email: newEmail(), password: PASSWORD }), 'auth.credentials_invalid');
  await app.auth.login({}, { email: registered.user.email, password: PASSWORD });
});
