import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createTaskApp } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { codeOf, tally } from '../support/factories.ts';
import { createWorld, PASSWORD, secrets, type World } from '../support/world.ts';

const OWNER = '198.51.100.7';
const WRONG = 'Password124';
const HASHED = 'auth.credentials_invalid';
const REFUSED = 'rate_limit.exceeded';

let world: World;
before(async () => {
  world = await createWorld();
  await world.redis.ping();
});

/** An app with the throttle as it is by default. */
function start(redis: World['redis'] | null) {
  const app = createTaskApp({ db: world.db, redis, secrets: secrets(), passwords: { cost: 4 } });
  atEnd(app.close);
  return (email: string, password: string, ip: string) => codeOf(app.auth.login({ ip }, { email, password }));
}

/** What an attacker does who has all day: waits as long as the account asks for, up to a quarter of an hour. */
const wait = () =>
  world.db.raw(`update taskapp.login_attempts set blocked_until = '-infinity'
    where blocked_until < now() + interval '20 minutes'`);

for (const withRedis of [true, false]) {
  const how = withRedis ? 'with Redis' : 'without Redis';

  test(`a day of guesses at an account from everywhere costs 100 hashes, and its owner gets in: ${how}`, async () => {
    const login = start(withRedis ? world.redis : null);
    const { email } = await world.user();
    assert.equal(await login(email, PASSWORD, OWNER), 'ok');
    const outcomes: string[] = [];
    for (let round = 0; round < 130; round += 1) {
      await wait();
      const guesses = Array.from({ length: 5 }, (_, n) => login(email, WRONG, `10.${round}.${n}.${withRedis ? 1 : 2}`));
      outcomes.push(...(await Promise.all(guesses)));
    }
    const { [HASHED]: hashed = 0, [REFUSED]: refused = 0 } = tally(outcomes);
    assert.equal(hashed + refused, outcomes.length, JSON.stringify(tally(outcomes)));
    assert.ok(hashed > 90 && hashed <= 100, `${hashed} hashes`);
    assert.equal(await login(email, PASSWORD, '10.250.250.250'), REFUSED, 'the right password from elsewhere');
    assert.equal(await login(email, PASSWORD, OWNER), 'ok');
  });

  test(`fifty addresses get few guesses each, however often they try: ${how}`, async () => {
    const login = start(withRedis ? world.redis : null);
    const { email } = await world.user();
    const perAddress: number[] = [];
    for (let address = 1; address <= 50; address += 1) {
      await wait();
      const guesses = Array.from({ length: 40 }, () => login(email, WRONG, `10.200.${address}.${withRedis ? 1 : 2}`));
      perAddress.push(tally(await Promise.all(guesses))[HASHED] ?? 0);
    }
    assert.ok(Math.max(...perAddress) <= 5, `${perAddress}`);
    assert.ok(perAddress.reduce((sum, count) => sum + count, 0) <= 100, `${perAddress}`);
  });

  test(`one guess at each of many accounts from one address ends after twenty: ${how}`, async () => {
    const login = start(withRedis ? world.redis : null);
    const ip = withRedis ? '10.201.0.1' : '10.201.0.2';
    const guesses = Array.from({ length: 500 }, (_, n) => login(`spray-${n}-${how.length}@example.com`, WRONG, ip));
    assert.deepEqual(tally(await Promise.all(guesses)), { [HASHED]: 20, [REFUSED]: 480 });
  });
}
