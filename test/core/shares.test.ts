import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { parseSettings, type Settings } from '../../packages/core/src/options.ts';
import { shareOut } from '../../packages/core/src/shares.ts';
import { secrets } from '../support/world.ts';

const settingsFor = (processes: number, passwords: Partial<Settings['passwords']> = {}) =>
  parseSettings({ db: (() => undefined) as never, redis: null, secrets: secrets(), passwords, processes });

test('one process has everything', () => {
  const settings = settingsFor(1);
  assert.deepEqual(shareOut(settings, false), settings);
});

test('several divide the cores for hashing, unless the host says how many threads each has', () => {
  const { passwords } = shareOut(settingsFor(2), true);
  assert.equal(passwords.workers, Math.max(1, Math.floor((availableParallelism() - 1) / 2)));
  assert.equal(shareOut(settingsFor(2, { workers: 5 }), true).passwords.workers, 5);
});

test('without Redis they divide what is counted in a process, and nothing that PostgreSQL counts', () => {
  const settings = settingsFor(3);
  const { rateLimit, throttle } = shareOut(settings, false);
  assert.deepEqual(rateLimit, { windowMs: 60_000, ip: 34, user: 100, login: 10 });
  assert.deepEqual(throttle, { ...settings.throttle, perAccountAndIp: 3, perIp: 7 });
  assert.deepEqual(shareOut(settings, true).rateLimit, settings.rateLimit);
  assert.equal(shareOut(settingsFor(20), false).throttle.perAccountAndIp, 3);
});
