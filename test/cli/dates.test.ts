import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toTimestamp } from '../../packages/cli/src/terminal/dates.ts';

const now = new Date(2027, 0, 31, 15, 30);
const local = (...parts: [number, number, number, number?, number?, number?]) => new Date(...parts).toISOString();

test('a date is its first minute, a time without an offset is local', () => {
  assert.equal(toTimestamp('2028-02-29', { now }), local(2028, 1, 29));
  assert.equal(toTimestamp('2027-03-01T17:05', { now }), local(2027, 2, 1, 17, 5));
  assert.equal(toTimestamp('2027-03-01 17:05:09', { now }), local(2027, 2, 1, 17, 5, 9));
});

test('words count from now, across the end of a month', () => {
  assert.equal(toTimestamp('today', { now }), local(2027, 0, 31));
  assert.equal(toTimestamp('tomorrow', { now }), local(2027, 1, 1));
  assert.equal(toTimestamp('+2h', { now }), new Date(now.getTime() + 2 * 3_600_000).toISOString());
  assert.equal(toTimestamp('+1w', { now }), new Date(now.getTime() + 7 * 86_400_000).toISOString());
});

test('a zone says where a day begins, and what becomes of hours that clocks skip or show twice', () => {
  const timeZone = 'Europe/Berlin';
  const late = new Date('2027-06-30T22:30:00Z');
  for (const [text, expected] of [
    ['today', '2027-06-30T22:00:00.000Z'],
    ['tomorrow', '2027-07-01T22:00:00.000Z'],
    ['2027-01-31', '2027-01-30T23:00:00.000Z'],
    ['2027-07-31T17:00', '2027-07-31T15:00:00.000Z'],
    // Clocks go from 02:00 to 03:00, and from 03:00 back to 02:00.
    ['2027-03-28T02:30', '2027-03-28T01:30:00.000Z'],
    ['2027-10-31T02:30', '2027-10-31T00:30:00.000Z'],
    ['2027-10-31T03:00', '2027-10-31T02:00:00.000Z'],
  ] as const) {
    assert.equal(toTimestamp(text, { now: late, timeZone }), expected, text);
  }
});

test('everything else stays as it is, for validation to accept or to refuse', () => {
  for (const text of ['2027-01-31T09:00:00Z', '2027-02-29', '2027-13-01', '2027-01-31T25:00', 'soon', '+1y', '']) {
    assert.equal(toTimestamp(text, { now }), text);
  }
});
