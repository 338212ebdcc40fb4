import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createTaskApp, type TaskAppOptions } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { codeOf, eventsOf, refused, tally } from '../support/factories.ts';
import { createWorld, PASSWORD, secrets, UNTHROTTLED, type World } from '../support/world.ts';

let world: World;
const keys = secrets();
before(async () => {
  world = await createWorld({ throttle: UNTHROTTLED, secrets: keys });
  await world.redis.ping();
});

const throttled = (throttle: TaskAppOptions['throttle'], redis: TaskAppOptions['redis'] = world.redis) => {
  const options = { db: world.db, redis, secrets: keys, passwords: { cost: 4 } };
  const app = createTaskApp({ ...options, throttle: { ...UNTHROTTLED, ...throttle } });
  atEnd(app.close);
  return (email: string, password: string, ip?: string) =>
    codeOf(app.auth.login(ip === undefined ? {} : { ip }, { email, password }));
};
const WRONG = 'Password124';
const failing = async (login: ReturnType<typeof throttled>, email: string, times: number, ip?: string) => {
  for (let n = 0; n < times; n += 1) assert.equal(await login(email, WRONG, ip), 'auth.credentials_invalid');
};

test('one address gets few wrong guesses at an account, known or not, and the owner elsewhere is not locked out', async () => {
  for (const redis of [world.redis, null]) {
    const login = throttled({ perAccountAndIp: 3 }, redis);
    const { email } = await world.user();
    for (const target of [email, `nobody-${email}`]) {
      await failing(login, target, 3, '10.9.0.1');
      assert.equal(await login(target, PASSWORD, '10.9.0.1'), 'rate_limit.exceeded');
    }
    assert.equal(await login(email.toUpperCase(), PASSWORD, '10.9.0.1'), 'rate_limit.exceeded');
    assert.equal(await login(email, PASSWORD, '10.9.0.2'), 'ok');
  }
});

test('a right password gives the budget back', async () => {
  const login = throttled({ perAccountAndIp: 3 });
  const { email } = await world.user();
  for (let round = 0; round < 3; round += 1) {
    await failing(login, email, 2, '10.9.1.1');
    assert.equal(await login(email, PASSWORD, '10.9.1.1'), 'ok');
  }
});

test('one network gets few wrong guesses at all accounts together, an IPv6 network as a whole', async () => {
  const login = throttled({ perIp: 4 });
  const users = await Promise.all(Array.from({ length: 5 }, () => world.user()));
  for (const { email } of users.slice(0, 4)) await failing(login, email, 1, '2001:db8::1');
  assert.equal(await login(users[4]!.email, PASSWORD, '2001:db8::ffff'), 'rate_limit.exceeded');
  assert.equal(await login(users[4]!.email, PASSWORD, '2001:db8:0:1::1'), 'ok');
});

test('guesses from everywhere slow an account down, but not from where its owner signs in', async () => {
  const login = throttled({ freeFailures: 4 });
  const { email } = await world.user();
  assert.equal(await login(email, PASSWORD, '10.9.2.1'), 'ok');
  for (let n = 0; n < 4; n += 1) await failing(login, email, 1, `10.9.3.${n}`);
  assert.equal(await login(email, PASSWORD, '10.9.3.99'), 'rate_limit.exceeded');
  assert.equal(await login(email, PASSWORD), 'rate_limit.exceeded');
  assert.equal(await login(email, PASSWORD, '10.9.2.1'), 'ok');
  assert.equal(await login(email, PASSWORD, '10.9.3.99'), 'ok', 'the owner has been here');
});

test('a day has an end of guesses, and the wait is told', async () => {
  const app = createTaskApp({
    db: world.db,
    redis: null,
    secrets: keys,
    passwords: { cost: 4 },
    throttle: { ...UNTHROTTLED, perDay: 3 },
  });
  atEnd(app.close);
  const { email } = await world.user();
  for (let n = 0; n < 3; n += 1)
    await refused(app.auth.login({}, { email, password: WRONG }), 'auth.credentials_invalid');
  const { retryAfter } = await refused(app.auth.login({}, { email, password: PASSWORD }), 'rate_limit.exceeded');
  assert.ok(retryAfter! > 86_000 && retryAfter! <= 86_400, String(retryAfter));
});

test('guesses at once are all counted, right passwords at once all pass', async () => {
  const login = throttled({ freeFailures: 5 });
  const [ada, bob] = [await world.user(), await world.user()];
  const guesses = tally(await Promise.all(Array.from({ length: 20 }, () => login(ada.email, WRONG))));
  assert.deepEqual(guesses, { 'auth.credentials_invalid': 5, 'rate_limit.exceeded': 15 });
  const easy = throttled({});
  const rights = Array.from({ length: 20 }, () => easy(bob.email, PASSWORD, '10.9.4.1'));
  assert.deepEqual(tally(await Promise.all(rights)), { ok: 20 });
});

test('a wrong current password counts as a guess', async () => {
  const app = createTaskApp({
    db: world.db,
    redis: null,
    secrets: keys,
    passwords: { cost: 4 },
    throttle: { ...UNTHROTTLED, freeFailures: 2 },
  });
  atEnd(app.close);
  const { actor } = await world.user();
  const change = { currentPassword: WRONG, newPassword: 'Password125' };
  for (let n = 0; n < 2; n += 1) await refused(app.auth.changePassword({ actor }, change), 'user.password_wrong');
  await refused(app.auth.changePassword({ actor }, { ...change, currentPassword: PASSWORD }), 'rate_limit.exceeded');
});

test('an address in any spelling is answered, and what is no address is refused', async () => {
  const login = throttled({ freeFailures: 1 });
  const { email } = await world.user();
  for (const ip of ['::ffff:10.9.5.1', 'fe80::1%eth0', '::1', '10.9.5.3']) {
    assert.equal(await login(email, PASSWORD, ip), 'ok', ip);
    assert.match(await login(email, WRONG, ip), /^(auth\.credentials_invalid|rate_limit\.exceeded)$/, ip);
    await world.db('taskapp.login_attempts').update({ blocked_until: '-infinity', failures: 0 });
  }
  for (const ip of ['', 'unknown', 'dead', '1.2.3', '10.9.5.1, 10.9.5.2', `fe80::1%${'e'.repeat(60)}`])
    assert.equal(await login(email, PASSWORD, ip), 'input.invalid', ip);
  await login(email, WRONG);
  assert.equal(await login(email, PASSWORD, '10.9.5.2'), 'rate_limit.exceeded');
});

test('that an account becomes blocked is recorded once, and not for its owner', async () => {
  const login = throttled({ freeFailures: 3, perDay: 6 });
  const { email, id } = await world.user();
  const waitIsOver = () => world.db('taskapp.login_attempts').update({ blocked_until: '-infinity' });
  const typesSince = async (from: number) => (await eventsOf(world.db, id)).slice(from).map(({ type }) => type);
  await failing(login, email, 2);
  assert.equal(await login(email, PASSWORD), 'ok');
  const from = (await typesSince(0)).length;
  await failing(login, email, 3);
  for (let n = 0; n < 3; n += 1) assert.equal(await login(email, WRONG), 'rate_limit.exceeded');
  await waitIsOver();
  await failing(login, email, 1);
  assert.deepEqual(await typesSince(from), [...Array(3).fill('login.failed'), 'login.throttled', 'login.failed']);
  await waitIsOver();
  await failing(login, email, 1);
  await waitIsOver();
  await failing(login, email, 1);
  assert.deepEqual((await typesSince(from)).slice(-2), ['login.failed', 'login.throttled'], 'the day is over');
});

test('neither Redis nor the table of attempts holds an address', async () => {
  const login = throttled({});
  const email = 'Readable@example.com';
  await login(email, WRONG, '10.9.6.1');
  const rows = await world.db('taskapp.login_attempts');
  const found = [...(await world.redis.keys(`${world.redis.options.keyPrefix}*`)), JSON.stringify(rows)].join('\n');
  assert.ok(rows.length > 0 && !/readable/i.test(found));
});
