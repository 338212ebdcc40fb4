import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toTimestamp } from '../../packages/cli/src/terminal/dates.ts';

const now = new Date(2027, 0, 31, 15, 30);
const local = (...parts: [number, number, number, number?, number?, number?]) => new Date(...parts).toISOString();

test('a date is its first minute, a time without an offset is local', () => {
  assert.equal(toTimestamp('2028-02-29', now), local(2028, 1, 29));
  assert.equal(toTimestamp('2027-03-01T17:05', now), local(2027, 2, 1, 17, 5));
  assert.equal(toTimestamp('2027-03-01 17:05:09', now), local(2027, 2, 1, 17, 5, 9));
});

test('words count from now, across the end of a month', () => {
  assert.equal(toTimestamp('today', now), local(2027, 0, 31));
  assert.equal(toTimestamp('tomorrow', now), local(2027, 1, 1));
  assert.equal(toTimestamp('+2h', now), new Date(now.getTime() + 2 * 3_600_000).toISOString());
  assert.equal(toTimestamp('+1w', now), new Date(now.getTime() + 7 * 86_400_000).toISOString());
});

test('everything else stays as it is, for validation to accept or to refuse', () => {
  for (const text of ['2027-01-31T09:00:00Z', '2027-02-29', '2027-13-01', '2027-01-31T25:00', 'soon', '+1y', '']) {
    assert.equal(toTimestamp(text, now), text);
  }
});
