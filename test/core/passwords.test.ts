import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createTaskApp } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { codeOf, problemsOf } from '../support/factories.ts';
import { createWorld, secrets, UNTHROTTLED, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld({ throttle: UNTHROTTLED });
});

let sequence = 0;
const newEmail = () => `password-${++sequence}@example.com`;

async function registered(password: string, { app } = world): Promise<(password: string) => Promise<string>> {
  const email = newEmail();
  await app.auth.register({}, { email, password, name: 'Ada' });
  return (attempt) => codeOf(app.auth.login({}, { email, password: attempt }));
}

const WRONG = 'auth.credentials_invalid';

test('passwords of any script and up to 256 characters work, and every character counts', async () => {
  const passwords = {
    '1,024 bytes': `A1${'\u{1f600}'.repeat(254)}`,
    '64 CJK characters': `A1${'\u6f22\u5b57'.repeat(31)}`,
    'emoji with joiners': 'A1 \u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{1f3fd}',
    'spaces around': '  Password 1  ',
    controls: 'Password1\t\u0007',
  };
  for (const [name, password] of Object.entries(passwords)) {
    const login = await registered(password);
    assert.equal(await login(password), 'ok', name);
    assert.equal(await login([...password].slice(0, -1).join('')), WRONG, `${name}, cut`);
    assert.equal(await login(password.replace('1', '2')), WRONG, `${name}, changed`);
  }
});

test('pairs that differ beyond the 72nd byte differ', async () => {
  for (const filler of ['x', '\u00e9', '\u6f22', '\u{1f600}']) {
    const base = `A1${filler.repeat(72)}`;
    const login = await registered(`${base}1`);
    assert.deepEqual([await login(`${base}1`), await login(`${base}2`), await login(base)], ['ok', WRONG, WRONG]);
  }
});

test('equivalent spellings are one password, whichever comes first', async () => {
  const spellings = ['Cr\u00e8me br\u00fbl\u00e9e 1', 'Cre\u0300me bru\u0302le\u0301e 1'] as const;
  for (const [first, second] of [spellings, [spellings[1], spellings[0]]] as const) {
    const login = await registered(first);
    assert.deepEqual([await login(first), await login(second)], ['ok', 'ok']);
  }
});

test('what cannot be hashed faithfully is refused, at registration and at sign-in', async () => {
  const odd = { NUL: 'Password1\0x', 'half a character': 'Password1\ud800', 'too long': `A1${'x'.repeat(255)}` };
  const login = await registered('Password1');
  for (const [name, password] of Object.entries(odd)) {
    const register = world.app.auth.register({}, { email: newEmail(), password, name: 'Ada' });
    assert.equal((await problemsOf(register)).length, 1, name);
    assert.equal(await login(password), 'input.invalid', name);
  }
  assert.equal(await login('Password1\\0x'), WRONG);
});

test('whitespace alone is a password only by the policy that asks for length', async () => {
  const spaces = ' '.repeat(15);
  assert.equal(
    (await problemsOf(world.app.auth.register({}, { email: newEmail(), password: spaces, name: 'Ada' }))).length,
    2,
  );
  const { db, redis } = world;
  const options = { db, redis, secrets: secrets(), passwords: { cost: 4, policy: 'nist' } } as const;
  const app = createTaskApp({ ...options, throttle: UNTHROTTLED });
  atEnd(app.close);
  const login = await registered(spaces, { ...world, app });
  assert.deepEqual(
    [await login(spaces), await login(spaces.slice(1)), await login('')],
    ['ok', WRONG, 'input.invalid'],
  );
});
