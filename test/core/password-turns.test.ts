import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createTaskApp, type TaskAppOptions } from '@taskapp/core';
import bcrypt from 'bcryptjs';
import { atEnd } from '../support/cleanup.ts';
import { codeOf, refused, tally } from '../support/factories.ts';
import { createWorld, PASSWORD, secrets, UNTHROTTLED, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld({ throttle: UNTHROTTLED });
});

/** An app that hashes one password at a time, each as long as the cost says. */
const slow = (passwords: TaskAppOptions['passwords'], throttle: TaskAppOptions['throttle'] = UNTHROTTLED) => {
  const settings = { cost: 7, workers: 1, maxQueue: 1000, ...passwords };
  const app = createTaskApp({ db: world.db, redis: null, secrets: secrets(), passwords: settings, throttle });
  atEnd(app.close);
  return app;
};
type App = ReturnType<typeof slow>;
let sequence = 0;
const nobody = () => `nobody-${++sequence}@example.com`;
const login = (app: App, email: string, ip?: string) =>
  codeOf(app.auth.login(ip === undefined ? {} : { ip }, { email, password: PASSWORD }));

const register = (app: App, ip?: string) =>
  app.auth.register({ ...(ip && { ip }) }, { email: nobody(), password: PASSWORD, name: 'Ada' });
const many = (call: () => Promise<string>) => Array.from({ length: 20 }, call);

/** How many of a flood are answered before the one call that does not belong to it. */
async function overtaken(flood: Promise<string>[], other: Promise<string>): Promise<number> {
  let done = 0;
  const counted = flood.map((call) => call.finally(() => (done += 1)));
  assert.equal(await other, 'auth.credentials_invalid');
  const overtook = done;
  const [outcome = '', ...others] = Object.keys(tally(await Promise.all(counted)));
  assert.ok(/^(ok|auth\.credentials_invalid)$/.test(outcome) && others.length === 0, outcome);
  return overtook;
}

test('who floods from one network waits behind himself, not ahead of others', async () => {
  const app = slow({});
  await login(app, nobody());
  const logins = many(() => login(app, nobody(), '2001:db8::1'));
  assert.ok((await overtaken(logins, login(app, nobody(), '2001:db8:0:1::1'))) <= 6);
  const registrations = many(() => codeOf(register(app, '10.8.0.1')));
  assert.ok((await overtaken(registrations, login(app, nobody(), '10.8.0.2'))) <= 6);
});

test('who floods one account keeps two turns busy at most, from wherever', async () => {
  const app = slow({});
  const target = nobody();
  const flood = many(() => login(app, target));
  assert.ok((await overtaken(flood, login(app, nobody()))) <= 5);
});

test('a hash that has waited for five seconds is refused, one that runs is not cut off', async () => {
  const before = performance.now();
  bcrypt.hashSync(PASSWORD, 9);
  const app = slow({ cost: 9 + Math.max(0, Math.ceil(Math.log2(400 / (performance.now() - before)))) });
  const start = performance.now();
  const calls = Array.from({ length: 40 }, async () => {
    const error = await refused(register(app), 'auth.overloaded').catch(() => undefined);
    return { error, ms: performance.now() - start };
  });
  const outcomes = await Promise.all(calls);
  const late = outcomes.filter(({ error }) => error);
  assert.ok(late.length > 0 && late.length < 40, `${late.length} of 40 were refused`);
  for (const { error, ms } of late) assert.ok(error?.retryAfter === 2 && ms > 4900 && ms < 7000, `after ${ms} ms`);
});

test('an attempt whose password was never compared is not charged', async () => {
  const app = slow({ cost: 12, maxQueue: 1 }, { ...UNTHROTTLED, perAccountAndIp: 3, perIp: 4, freeFailures: 3 });
  const { email, password } = await world.user();
  const ip = '10.8.2.1';
  const busy = Array.from({ length: 3 }, () => login(app, nobody()));
  assert.equal(await Promise.race(busy), 'auth.overloaded', 'one is hashed, one waits');
  for (let n = 0; n < 6; n += 1) await refused(app.auth.login({ ip }, { email, password }), 'auth.overloaded');
  await Promise.all(busy);
  await app.auth.login({ ip }, { email, password });
});
